"""gRPC with nothing but reflection: ADDRESS AUTHORITY DATAFLOW"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from figures import versions

address, authority, flow = sys.argv[1:4]
versions("grpcio", "grpcio-reflection")
with open(authority, "rb") as file:
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
database = ProtoReflectionDescriptorDatabase(channel)
services = sorted(database.get_services())
print("FACT services", ",".join(name for name in services if name.startswith("mighub.")))

pool = DescriptorPool(database)
method = pool.FindServiceByName("mighub.v1.RetrievalService").FindMethodByName("Pull")
request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
pull = channel.unary_stream(
    "/mighub.v1.RetrievalService/Pull", request_serializer=request.SerializeToString, response_deserializer=response.FromString
)
for part in pull(request(dataflow=flow)):
    if part.HasField("summary"):
        print("FACT observations", part.summary.observations)
