"""One module per service of the service book: the coroutine and the questions it asks."""
