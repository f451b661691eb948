"""Recording, reading, following and being refused, by a client without generated code."""

import json
import uuid
from pathlib import Path

import pytest

from reflect import Refused

SAMPLE = Path(__file__).parent.parent / "data" / "partnerships.jsonl"
RECORD = "minuted.v1.RecordService/Record"
SOURCE = {"text": "a test"}


@pytest.fixture(scope="module")
def sample():
    """The sample's commands, in protobuf JSON."""
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def recorded(client, sample):
    """The sample is recorded, however often this runs."""
    replies = list(client.stream("minuted.v1.RecordService/RecordStream", [{"commands": [c]} for c in sample]))
    assert all("receipt" in reply for reply in replies)
    return [int(reply["receipt"]["position"]) for reply in replies]


def command(name, fact, **fields):
    return {"command_id": str(uuid.uuid4()), "name": name, "source": SOURCE, "fact": fact, **fields}


def test_the_sample_is_recorded_once(client, sample, recorded):
    assert recorded == list(range(1, len(sample) + 1))
    status = client.call("minuted.v1.AdminService/GetStatus", {})
    assert int(status["tail_position"]) >= len(sample)
    assert status["alliance"] == "organisations/nato"


def test_what_was_so_on_a_day(client, recorded):
    ask = {"as_of": {"valid_at": "2011-09-30", "known_position": recorded[-1]}}
    standing = client.call("minuted.v1.ActorService/GetStanding", ask)
    assert standing["member_count"] == {"certain": 28}
    assert standing["partner_count"] == {"certain": 40, "possible": 1}
    assert int(standing["answered_as_of"]["known_position"]) == recorded[-1]


def test_names_come_in_the_language_asked_for(client, recorded):
    ask = {"name": "countries/mk", "as_of": {"valid_at": "2024-01-01"}, "language": "fr-CH"}
    name = client.call("minuted.v1.ActorService/GetActor", ask)["actor"]["display_name"]
    assert (name["text"], name["language"]) == ("Macédoine du Nord", "fr")


def test_a_search_finds_every_spelling_and_what_was_just_recorded(client, recorded):
    search = "minuted.v1.SearchService/Search"

    def found(query):
        ask = {"query": query, "kinds": ["meetings"], "at_least_position": recorded[-1], "language": "fr"}
        return client.call(search, ask)["results"]

    spellings = [found(query) for query in ("réunion", "reunion", "REUNIONS")]
    names = [[result["name"] for result in results] for results in spellings]
    assert names[0] == names[1] == names[2]
    first = spellings[0][0]
    assert first["kind"] == "meetings" and first["title"]["language"] == "fr"
    assert first["matches"][0]["field"] == "SEARCH_FIELD_TITLE"
    with pytest.raises(Refused) as refusal:
        client.call(search, {"query": " ", "kinds": ["treaties"]})
    assert refusal.value.code == "INVALID_ARGUMENT"


def test_events_are_read_and_followed(client, recorded):
    read = "minuted.v1.EventService/ReadEvents"
    positions = [int(e["position"]) for reply in client.stream(read, {}) for e in reply.get("events", [])]
    assert positions[: len(recorded)] == recorded
    following = client.stream(read, {"from_position": positions[-1], "follow": True})
    seen = []
    name = f"areas/followed-{uuid.uuid4().hex[:8]}"
    for reply in following:
        seen += [event["name"] for event in reply.get("events", [])]
        if seen and seen[-1] == name:
            break
        if reply.get("caught_up"):
            fact = {"area_defined": {"names": {"en": "Followed"}}}
            client.call(RECORD, {"commands": [command(name, fact)]})
    assert seen[-1] == name and len(seen) == 2


def test_a_malformed_request_names_every_field(client):
    bad = command("areas/Bad Name", {"area_defined": {"names": {"en_US": "x"}}}, valid={"from": "2011"})
    with pytest.raises(Refused) as refused:
        client.call(RECORD, {"commands": [bad]})
    assert refused.value.code == "INVALID_ARGUMENT"
    fields = {v["field"]: v["description"] for v in refused.value.details["BadRequest"]["field_violations"]}
    assert {"commands[0].name", "commands[0].valid.from"} <= set(fields), fields
    assert all(fields.values())


def test_what_is_not_recorded_is_named(client, recorded):
    joined = {"framework_joined": {"framework": "frameworks/nowhere"}}
    with pytest.raises(Refused) as refused:
        client.call(RECORD, {"commands": [command("countries/sg", joined, valid={"from": "2012"})]})
    assert (refused.value.code, refused.value.reason) == ("NOT_FOUND", "UNKNOWN_FRAMEWORK")


def test_a_refusal_names_the_events_that_stand_in_the_way(client, sample, recorded):
    left = next(c for c in sample if "frameworkLeft" in c["fact"])
    retracted = {"event_retracted": {"target": {"command_id": left["commandId"]}, "reason": "a slip"}}
    with pytest.raises(Refused) as refused:
        client.call(RECORD, {"commands": [command(left["name"], retracted)]})
    assert (refused.value.code, refused.value.reason) == ("FAILED_PRECONDITION", "BREAKS_HISTORY")
    violations = refused.value.details["PreconditionFailure"]["violations"]
    joins = [p for p, c in zip(recorded, sample) if c["name"] == left["name"] and "frameworkJoined" in c["fact"]]
    assert sorted(v["subject"] for v in violations) == sorted(f"events/{p}" for p in joins)
    assert {v["type"] for v in violations} == {"ALREADY_JOINED"}


def test_a_version_that_is_not_the_stream_s_is_a_conflict(client, recorded):
    renamed = {"actor_renamed": {"names": {"en": "X"}}}
    stale = command("countries/sg", renamed, valid={"from": "2020"}, expected_version="999")
    with pytest.raises(Refused) as refused:
        client.call(RECORD, {"commands": [stale]})
    assert (refused.value.code, refused.value.reason) == ("ABORTED", "VERSION_CONFLICT")


def test_a_calendar_has_days_and_names_what_it_leaves_out(client, recorded):
    ask = {"as_of": {"known_position": recorded[-1]}, "from": "2011", "to": "2012", "language": "fr"}
    export = "minuted.v1.MeetingService/ExportCalendar"
    pieces = list(client.stream(export, ask))
    lines = "".join(piece["ics"] for piece in pieces).replace("\r\n ", "").split("\r\n")
    meetings = [name for piece in pieces for name in piece["meetings"]]
    assert [line.split(":", 1)[1] for line in lines if line.startswith("X-MINUTED-NAME")] == meetings
    assert lines.count("BEGIN:VEVENT") == pieces[0]["meeting_count"] == len(meetings)
    entries = "\n".join(lines).split("BEGIN:VEVENT")
    [chicago] = [entry for entry in entries if "X-MINUTED-NAME:meetings/chicago-2012-partners\n" in entry]
    assert "\nDTSTART;VALUE=DATE:20120521\n" in chicago
    left_out = [one for piece in pieces for one in piece.get("left_out", [])]
    assert "meetings/counter-piracy-2011" in [one["meeting"] for one in left_out]
    assert {one["reason"] for one in left_out} == {"LEFT_OUT_REASON_BEGIN_NOT_EXACT"}
    assert list(client.stream(export, ask)) == pieces
