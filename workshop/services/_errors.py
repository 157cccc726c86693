"""What can go wrong between a program and the services, said in one sentence each."""


class ServicesError(Exception):
    """The services do not answer, cannot be started or refuse a request. One sentence."""


class Rejection(ServicesError):
    """A request that the server answers with `status` and the reason in JSON."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
