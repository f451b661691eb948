"""What a client without manners gets: always a status that says what was wrong, and never more than a client can take."""

import threading
import uuid

import grpc
import pytest
from google.protobuf import message_factory

from conftest import Daemon
from reflect import Client, Refused, refused

RECORD = "minuted.v1.RecordService/Record"
READ = "minuted.v1.EventService/ReadEvents"
# What clients take as headers or trailers by default.
METADATA_BYTES = 8192


def area(**fields):
    fact = {"area_defined": {"names": {"en": "An area"}}}
    name = f"areas/a-{uuid.uuid4().hex[:12]}"
    return {"command_id": str(uuid.uuid4()), "name": name, "source": {"text": "a test"}, "fact": fact, **fields}


def raw(client, method, request):
    """The refusal of a call that sends these bytes, whatever they are."""
    call = client.channel.unary_stream(f"/{method}", request_serializer=bytes, response_deserializer=bytes)
    with pytest.raises(grpc.RpcError) as error:
        list(call(request, timeout=20, wait_for_ready=True))
    return refused(error.value)


@pytest.mark.parametrize("method", [RECORD, READ, "minuted.v1.ActorService/GetActor"])
@pytest.mark.parametrize("request_bytes", [b"\xff\xff\xff", b"\x0a\x05a", b"\x00" * 10])
def test_bytes_that_are_no_message_are_the_callers_fault(client, method, request_bytes):
    refusal = raw(client, method, request_bytes)
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED")
    assert "cannot be read" in refusal.message


def test_bytes_that_are_no_message_end_a_stream_with_a_reason(client):
    refusal = raw(client, "minuted.v1.RecordService/RecordStream", b"\xff\xff\xff")
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED")


@pytest.mark.parametrize("method", ["minuted.v1.RecordService/Forget", "no.such.Service/Method"])
def test_a_method_that_is_not_there_is_said_to_be_none(client, method):
    refusal = raw(client, method, b"")
    assert (refusal.code, refusal.reason) == ("UNIMPLEMENTED", "UNKNOWN_METHOD")
    assert "reflection" in refusal.message


@pytest.mark.parametrize("kib", [1_100, 5_000])
def test_a_request_that_is_too_large_is_told_so(client, kib):
    with pytest.raises(Refused) as refusal:
        client.call(RECORD, {"commands": [area(source={"text": "s" * 50 * 1024}) for _ in range(kib // 50)]})
    assert (refusal.value.code, refusal.value.reason) == ("INVALID_ARGUMENT", "TOO_LARGE")
    assert "limit" in refusal.value.message


def fits(error: grpc.RpcError) -> bool:
    trailers = sum(len(key) + len(value) + 32 for key, value in error.trailing_metadata())
    message = sum(1 if 0x20 <= byte <= 0x7E and byte != 0x25 else 3 for byte in error.details().encode())
    return trailers + message < METADATA_BYTES


LONG = {
    "a kind": (READ, {"kinds": ["é" * 20_000]}),
    "a stream": (READ, {"streams": ["é" * 20_000]}),
    "an event": ("minuted.v1.EventService/GetEvent", {"name": "events/" + "0" * 50_000 + "99"}),
    "names": (RECORD, {"commands": [area(name="é" * 60_000) for _ in range(8)]}),
    "dates": (RECORD, {"commands": [area(valid={"from": "é" * 300, "to": "%" * 300}) for _ in range(900)]}),
    "languages": (
        RECORD,
        {"commands": [area(fact={"area_defined": {"names": {f"é{n}" * 500: "é" for n in range(500)}}})]},
    ),
    "delegations": (
        RECORD,
        {
            "commands": [
                area(
                    name="meetings/m",
                    valid={"from": "2011"},
                    fact={"meeting_held": {"delegations": [{"actor": f"countries/{'x' * 58}{n:05d}"} for n in range(9_999)]}},
                )
            ]
        },
    ),
    "a token": ("minuted.v1.AreaService/ListAreas", {"page_token": "é" * 50_000}),
    "a language": ("minuted.v1.AreaService/ListAreas", {"language": "é" * 50_000}),
    "a filter": ("minuted.v1.AreaService/ListAreas", {"within": "areas/" + "é" * 50_000}),
    "a day": ("minuted.v1.AreaService/ListAreas", {"as_of": {"valid_at": "é" * 50_000}}),
}


@pytest.mark.parametrize("what", LONG)
def test_a_refusal_fits_however_long_what_it_refuses_is(client, what):
    with pytest.raises(Refused) as refusal:
        call = client.stream if LONG[what][0] == READ else client.call
        list(call(*LONG[what]))
    assert refusal.value.reason and refusal.value.message
    assert fits(refusal.value.__cause__)


def test_a_page_token_serves_its_own_query_only(client):
    client.call(RECORD, {"commands": [area() for _ in range(3)]})
    ask = {"page_size": 1}
    token = client.call("minuted.v1.AreaService/ListAreas", ask)["next_page_token"]
    altered = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for other in ({**ask, "language": "fr"}, {**ask, "page_token": altered}, {**ask, "page_token": token + "A" * 10_000}):
        with pytest.raises(Refused) as refusal:
            client.call("minuted.v1.AreaService/ListAreas", {"page_token": token, **other})
        assert (refusal.value.code, refusal.value.reason) == ("INVALID_ARGUMENT", "BAD_PAGE_TOKEN")
    with pytest.raises(Refused) as refusal:
        client.call("minuted.v1.FrameworkService/ListFrameworks", {**ask, "page_token": token})
    assert refusal.value.reason == "BAD_PAGE_TOKEN"


@pytest.mark.parametrize("known", [{"known_position": 2**64 - 1}, {"known_position": 2**63}])
def test_what_is_beyond_the_tail_is_out_of_range(client, known):
    with pytest.raises(Refused) as refusal:
        client.call("minuted.v1.AreaService/ListAreas", {"as_of": known})
    assert (refusal.value.code, refusal.value.reason) == ("OUT_OF_RANGE", "BEYOND_TAIL")


def test_a_wait_ends_by_the_deadline(client):
    with pytest.raises(Refused) as refusal:
        client.call("minuted.v1.AreaService/ListAreas", {"at_least_position": 2**64 - 1}, seconds=0.5)
    assert refusal.value.code == "DEADLINE_EXCEEDED"


def test_an_event_has_one_name(client):
    client.call(RECORD, {"commands": [area()]})
    assert client.call("minuted.v1.EventService/GetEvent", {"name": "events/1"})["event"]["position"] == "1"
    for name in ("events/+1", "events/01", "events/0", "events/-1", "events/18446744073709551616", "1"):
        with pytest.raises(Refused) as refusal:
            client.call("minuted.v1.EventService/GetEvent", {"name": name})
        assert refusal.value.reason == "BAD_NAME", name


def test_a_watcher_of_its_health_is_told_of_a_stop_and_does_not_hold_it_up(tmp_path):
    daemon = Daemon(tmp_path / "data", tmp_path / "stderr.log")
    told = []
    with Client(daemon.address) as client:
        kind = message_factory.GetMessageClass(client.pool.FindMessageTypeByName("grpc.health.v1.HealthCheckRequest"))
        answer = message_factory.GetMessageClass(client.pool.FindMessageTypeByName("grpc.health.v1.HealthCheckResponse"))
        watch = client.channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=kind.SerializeToString,
            response_deserializer=answer.FromString,
        )(kind(), wait_for_ready=True)
        told.append(next(watch).status)
        rest = threading.Thread(target=lambda: told.extend(one.status for one in watch))
        rest.start()
        assert daemon.stop() == 0
        rest.join()
        # SERVING, NOT_SERVING, and the end: the call was finished, not cut off.
        assert told == [1, 2]
        assert watch.code() == grpc.StatusCode.OK
    assert "cut off" not in daemon.log.read_text()


def test_nothing_of_this_made_it_panic(daemon):
    assert "panicked" not in daemon.log.read_text()
