"""Invented names only."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.hotel.names import matches

SAME = [
    ("张伟", "张伟", ""),
    ("張偉", "张伟", ""),
    ("张伟先生", "张伟", ""),
    ("张 伟", "张伟", ""),
    ("zhang wei", "张伟", ""),
    ("Wei Zhang", "张伟", ""),
    ("张伟", "ZHANG WEI", ""),
    ("张伟", "Zhang", "Wei"),
    ("zhangwei", "Zhang Wei", ""),
    ("weizhang", "ZHANG/WEI", ""),
    ("Zhang, Wei Mr", "张伟", ""),
    ("王小明", "WANG XIAOMING", ""),
    ("xiaoming wang", "WANG XIAO MING", ""),
    ("Xiao-Ming Wang", "WANG, XIAOMING MR", ""),
    ("吕布", "LYU BU", ""),
    ("lu bu", "吕布", ""),
    ("lv bu", "LÜ BU", ""),
    ("曾志", "Zeng Zhi", ""),
    ("ouyang na na", "欧阳娜娜", ""),
    ("王丽 (Lily)", "王丽", ""),
    ("Muller Hans", "Müller, Hans", ""),
    ("Mueller Hans", "Müller, Hans", ""),
    ("Hans Müller", "Mr. Hans MUELLER", ""),
    ("Soeren Berg", "BERG SØREN", ""),
    ("Renée Zoë", "RENEE ZOE", ""),
    ("O'Brien Kate", "OBRIEN KATE MS", ""),
    ("Jean-Luc Martin", "MARTIN JEAN LUC", ""),
    ("john smith", "Smith", ""),
    ("Smith", "SMITH", ""),
    ("John Smith", "Smith J", ""),
    ("John Smith", "Smith", "John M"),
    ("Maria Garcia", "Garcia Lopez Maria Jose", ""),
    ("Ａｎｎａ Lee", "LEE ANNA", ""),
    ("Maximiliana Konstantinopolskaya Weatherby", "Konstantinopolskaya Weatherby Maximilian", ""),
]

DIFFERENT = [
    ("王明小", "WANG XIAOMING", ""),
    ("Wang Ming", "WANG XIAO MING", ""),
    ("章薇", "张伟", ""),
    ("张炜", "张伟", ""),
    ("Zhang", "张伟", ""),
    ("zhang", "Zhang Wei", ""),
    ("Zhang", "Zhang", "Wei"),
    ("John Smith", "Smith, Mary", ""),
    ("Smith", "Smith John", ""),
    ("Smith", "Smith", "John"),
    ("J Smith", "Smith John", ""),
    ("Li Wei", "Li Wen", ""),
    ("Xue Ming", "Xu Ming", ""),
    ("Wang Wu", "Wang", ""),
    ("", "", ""),
    ("", "Smith", ""),
    ("Smith", "", ""),
    ("Mr", "Smith", ""),
    ("先生", "张伟", ""),
    ("|%_*", "Smith John", ""),
]


@pytest.mark.parametrize(("typed", "held", "given"), SAME)
def test_the_same_guest_is_recognised(typed, held, given):
    assert matches(typed, held, given)


@pytest.mark.parametrize(("typed", "held", "given"), DIFFERENT)
def test_another_guest_is_not(typed, held, given):
    assert not matches(typed, held, given)


words = st.text(st.one_of(st.characters(), st.sampled_from("张伟王小明 ,.-'|aeiouüé先生")), max_size=30)


@given(words, words, words)
@example("a " * 5000, "b " * 100, "")
def test_no_text_whatever_raises_anything(typed, held, given_name):
    assert matches(typed, held, given_name) in (True, False)


@given(words)
def test_an_empty_answer_matches_nobody(held):
    assert not matches("", held)
    assert not matches(" .,-", held)
