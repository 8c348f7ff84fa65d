#include "common/server/item_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include "absl/strings/str_cat.h"

namespace rapport::server {
namespace {

// https://protobuf.dev/programming-guides/encoding/#structure
enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

bool SkipLengthDelimited(google::protobuf::io::CodedInputStream& in) {
  uint32_t size = 0;
  return in.ReadVarint32(&size) && in.Skip(static_cast<int>(size));
}

// False at what is not well formed.
bool SkipField(google::protobuf::io::CodedInputStream& in, uint32_t wire_type) {
  uint64_t ignored64 = 0;
  uint32_t ignored32 = 0;
  switch (wire_type) {
    case kVarint:
      return in.ReadVarint64(&ignored64);
    case kFixed64:
      return in.ReadLittleEndian64(&ignored64);
    case kLengthDelimited:
      return SkipLengthDelimited(in);
    case kFixed32:
      return in.ReadLittleEndian32(&ignored32);
    default:
      return false;
  }
}

}  // namespace

absl::Status ChargeItems(RpcRuntime& runtime, const Call& call, absl::string_view field, int64_t items) {
  if (items == 0 || items > kMostItems) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": ", items, " items; send 1 to ", kMostItems, " at a time"));
  }
  return runtime.ChargeEvents(call, items);
}

absl::Status DoesNotParse(const google::protobuf::Message& request) {
  return absl::InvalidArgumentError(absl::StrCat("the request does not parse as ", std::string(request.GetTypeName()),
                                                 ": make the client from the published protos"));
}

int64_t ItemBytes::Count(const google::protobuf::Descriptor& type, absl::string_view field) const {
  const auto number = static_cast<uint32_t>(type.FindFieldByName(std::string(field))->number());
  grpc::ProtoBufferReader reader(bytes_);
  google::protobuf::io::CodedInputStream in(&reader);
  int64_t count = 0;
  for (uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    if (!SkipField(in, tag & 7)) break;
    if (tag == (number << 3 | kLengthDelimited)) ++count;
  }
  return count;
}

absl::Status ItemBytes::MoveInto(google::protobuf::Message& request) {
  const grpc::Status parsed =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(bytes_, &request);
  return parsed.ok() ? absl::OkStatus() : DoesNotParse(request);
}

google::protobuf::ArenaOptions ArenaOfItems() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 16 << 10;
  options.max_block_size = 128 << 10;
  return options;
}

absl::Status ToBytes(const google::protobuf::Message& response, grpc::ByteBuffer& bytes) {
  bool own_buffer = false;
  const grpc::Status written =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(response, &bytes, &own_buffer);
  return written.ok() ? absl::OkStatus() : absl::InternalError(written.error_message());
}

}  // namespace rapport::server
