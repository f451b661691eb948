"""What a client that knows nothing of minuted but its address finds out, by reflection alone."""

import time

import pytest

from reflect import Refused

SERVICES = [
    "minuted.v1.RecordService",
    "minuted.v1.EventService",
    "minuted.v1.AdminService",
    "minuted.v1.SearchService",
]


def test_reflection_lists_the_services(client):
    listed = client.services()
    assert set(SERVICES) <= set(listed), listed
    assert "grpc.health.v1.Health" in listed, listed


def wait_until_serving(client, service, seconds=5):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if client.call("grpc.health.v1.Health/Check", {"service": service}) == {"status": "SERVING"}:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_each_service_is_healthy(client, service):
    if service == "minuted.v1.SearchService":
        # It is healthy once its index is built; a question waits for that.
        client.call("minuted.v1.SearchService/Search", {"query": "anything"})
        wait_until_serving(client, service)
    assert client.call("grpc.health.v1.Health/Check", {"service": service}) == {"status": "SERVING"}


def test_an_unknown_service_has_no_health(client):
    with pytest.raises(Refused) as refusal:
        client.call("grpc.health.v1.Health/Check", {"service": "minuted.v1.NoSuchService"})
    assert refusal.value.code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("service", "method"),
    [
        ("minuted.v1.RecordService", "Record"),
        ("minuted.v1.RecordService", "RecordStream"),
        ("minuted.v1.EventService", "GetEvent"),
        ("minuted.v1.EventService", "ReadEvents"),
        ("minuted.v1.AdminService", "GetStatus"),
        ("minuted.v1.SearchService", "Search"),
    ],
)
def test_the_schema_tells_the_methods(client, service, method):
    assert method in client.methods(service)
