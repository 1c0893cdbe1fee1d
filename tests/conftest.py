from collections.abc import Iterator

import pytest

# The suites that several test files inherit show their assertions as test files do.
pytest.register_assert_rewrite("tests.contract")

pytest_plugins = ["tests.servers.clamd", "tests.servers.dovecot"]


@pytest.fixture(autouse=True)
def _log_of_one_test() -> Iterator[None]:
    from tests.support.logs import restored_log

    with restored_log():
        yield
