"""The table of ports: every code four digits, every time zone a real one, every slip near its port."""

from zoneinfo import available_timezones

import pytest

from parsers.port import Port, find_port, nearest_ports, port_table

STATUSES = {"active", "historical", "administrative", "preclearance", "statistical"}


def test_the_ports_of_the_procedures_are_known() -> None:
    assert find_port("2704") == Port(
        code="2704", name="LOS ANGELES", region="CA", status="active", time_zone="America/Los_Angeles"
    )
    assert {code: find_port(code) is not None for code in ("5301", "4601", "2704")} == dict.fromkeys(
        ("5301", "4601", "2704"), True
    )


def test_every_row_is_a_port_with_a_known_status_and_zone() -> None:
    zones = available_timezones()
    assert len(port_table()) > 500
    for code, port in port_table().items():
        assert (len(code), code.isdecimal(), port.code) == (4, True, code)
        assert port.status in STATUSES
        assert port.time_zone is None or port.time_zone in zones
        assert port.time_zone is not None or port.status != "active"


@pytest.mark.parametrize("code", ["", "9999", "401", "27O4", "\uff12\uff17\uff10\uff14", "LOS ANGELES"])
def test_a_code_outside_the_table_is_none(code: str) -> None:
    assert find_port(code) is None


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        port_table()["0000"] = find_port("2704")  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "port"),
    [("2740", "2704"), ("27044", "2704"), ("270A", "2704"), ("los angeles", "2704"), ("Los Angeles", "2704")],
)
def test_a_slip_or_a_name_is_near_its_port(text: str, port: str) -> None:
    assert port in [near.code for near in nearest_ports(text, limit=50)]


@pytest.mark.parametrize("text", ["", "x", "0000000", "9" * 100_000, "nowhere"])
def test_nothing_is_near_what_resembles_no_port(text: str) -> None:
    assert nearest_ports(text) == ()


def test_at_most_so_many_ports_are_near_as_were_asked_for() -> None:
    assert len(nearest_ports("270", limit=2)) == 2
