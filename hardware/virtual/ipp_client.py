"""IPP as the far side's own helpers speak it to the virtual printer; the standard library is all it needs."""

from __future__ import annotations

from hardware.ipp import Attributes, Field, IppPrinter, Malformed, Operation, Tag


class FarPrinter(IppPrinter):
    """What the driver never asks of a printer: cupsd hands it the documents, and the whole list shows the jobs."""

    def print_document(self, name: str, mime_type: str, document: bytes) -> int:
        """Print-Job; returns the job's id."""
        answer = self.ask(
            Operation.PRINT_JOB,
            Field(Tag.NAME, "job-name", (name,)),
            Field(Tag.MIME_TYPE, "document-format", (mime_type,)),
            document=document,
        )
        match answer.group(Tag.JOB):
            case [{"job-id": [int(job_id)]}, *_]:
                return job_id
        raise Malformed("a job without an id")

    def job(self, job_id: int, *names: str) -> Attributes:
        """Get-Job-Attributes."""
        answer = self.ask(
            Operation.GET_JOB_ATTRIBUTES,
            Field(Tag.INTEGER, "job-id", (job_id,)),
            Field(Tag.KEYWORD, "requested-attributes", names or ("all",)),
        )
        return next(iter(answer.group(Tag.JOB)), {})
