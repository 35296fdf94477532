"""What AWS clients are refused with."""
import pytest
from botocore.exceptions import ClientError


def refused(code, call, **arguments):
    """The message of the error that the call must be answered with."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    assert raised.value.response["Error"]["Code"] == code, raised.value
    return raised.value.response["Error"]["Message"]
