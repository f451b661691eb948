"""A gRPC client that knows a server by reflection alone: no generated code, methods by name, messages as dicts.

    with Client("127.0.0.1:7433") as client:
        client.call("minuted.v1.RecordService/Record", {"commands": [...]})
        for reply in client.stream("minuted.v1.EventService/ReadEvents", {"from_position": 1}): ...

Dicts are protobuf JSON with the field names of the schema. A status that is not OK is raised as `Refused`, with its
details decoded.
"""

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

SECONDS = 20
DETAILS = [
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.RetryInfo,
    error_details_pb2.ResourceInfo,
    error_details_pb2.Help,
]


class Refused(Exception):
    """A status that is not OK: `code` is its name, `details` has one dict per kind of detail, by its short name."""

    def __init__(self, code: str, message: str, details: dict):
        super().__init__(f"{code}: {message} {details}")
        self.code = code
        self.message = message
        self.details = details

    @property
    def reason(self) -> str:
        return self.details["ErrorInfo"]["reason"]


def as_dict(message) -> dict:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def decode_details(details: list[any_pb2.Any]) -> dict:
    """Fails on a detail of a kind that no caller could understand."""
    decoded = {}
    for packed in details:
        kind = next(kind for kind in DETAILS if packed.Is(kind.DESCRIPTOR))
        message = kind()
        packed.Unpack(message)
        decoded[kind.DESCRIPTOR.name] = as_dict(message)
    return decoded


def refused(error: grpc.RpcError) -> Refused:
    status = rpc_status.from_call(error)
    return Refused(error.code().name, error.details(), decode_details(status.details) if status else {})


class Schema(ProtoReflectionDescriptorDatabase):
    """What the server tells, and behind it the public google.rpc details, which may stand packed in its replies."""

    def FindFileByName(self, name):
        return self._or_public(super().FindFileByName, name, descriptor_pool.Default().FindFileByName)

    def FindFileContainingSymbol(self, symbol):
        public = descriptor_pool.Default().FindFileContainingSymbol
        return self._or_public(super().FindFileContainingSymbol, symbol, public)

    def _or_public(self, told, name: str, public):
        try:
            return told(name)
        except KeyError:
            if not name.startswith(("google.rpc.", "google/protobuf/")):
                raise
            file = descriptor_pb2.FileDescriptorProto()
            public(name).CopyToProto(file)
            return file


class Client:
    def __init__(self, address: str):
        self.channel = grpc.insecure_channel(address)
        self.database = Schema(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def services(self) -> list[str]:
        return sorted(self.database.get_services())

    def methods(self, service: str) -> list[str]:
        return [method.name for method in self.pool.FindServiceByName(service).methods]

    def message(self, name: str, fields: dict | None = None):
        """A message of the server's schema."""
        kind = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        return json_format.ParseDict(fields or {}, kind(), descriptor_pool=self.pool)

    def call(self, name: str, request: dict | list[dict], seconds: float = SECONDS) -> dict:
        """One reply: to one request, or to a list of them where the method takes a stream."""
        try:
            return self._dict(self._start(name, request, seconds))
        except grpc.RpcError as error:
            raise refused(error) from error

    def stream(self, name: str, request: dict | list[dict], seconds: float = SECONDS):
        """The replies, as they come; leaving the loop cancels the call."""
        replies = self._start(name, request, seconds)
        try:
            for reply in replies:
                yield self._dict(reply)
        except grpc.RpcError as error:
            raise refused(error) from error
        finally:
            replies.cancel()

    def _start(self, name: str, request, seconds: float):
        service, method_name = name.split("/")
        method = self.pool.FindServiceByName(service).FindMethodByName(method_name)
        ask = message_factory.GetMessageClass(method.input_type)
        answer = message_factory.GetMessageClass(method.output_type)
        asked, answered = ("stream" if many else "unary" for many in (method.client_streaming, method.server_streaming))
        start = getattr(self.channel, f"{asked}_{answered}")(
            f"/{name}",
            request_serializer=ask.SerializeToString,
            response_deserializer=answer.FromString,
        )
        if not method.client_streaming:
            return start(self._parse(request, ask), timeout=seconds, wait_for_ready=True)
        requests = [self._parse(one, ask) for one in request]
        return start(iter(requests), timeout=seconds, wait_for_ready=True)

    def _parse(self, request: dict, kind):
        return json_format.ParseDict(request, kind(), descriptor_pool=self.pool)

    def _dict(self, message) -> dict:
        return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=self.pool)
