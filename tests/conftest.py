import pytest

# The suites that several test files inherit show their assertions as test files do.
pytest.register_assert_rewrite("tests.contract")

pytest_plugins = ["tests.servers.clamd", "tests.servers.dovecot"]
