#ifndef RAPPORT_COMMON_SERVER_ITEM_BYTES_H_
#define RAPPORT_COMMON_SERVER_ITEM_BYTES_H_

#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/server/rpc.h"

// Requests with many items as the bytes that came.
namespace rapport::server {

constexpr int kMostItems = 1000;  // of one request

// Whether so many items of `field` may come at once, and are within what the tenant may send: INVALID_ARGUMENT,
// RESOURCE_EXHAUSTED.
absl::Status ChargeItems(RpcRuntime& runtime, const Call& call, absl::string_view field, int64_t items);

// INVALID_ARGUMENT for bytes that do not parse as the type of `request`.
absl::Status DoesNotParse(const google::protobuf::Message& request);

// The request of one call. Whoever has it owns the bytes: they are freed with it, long before gRPC would. Not to
// outlive the method that it was given to, after which the call may be gone.
class ItemBytes {
 public:
  // `request` is that of a raw callback method, which stays its owner in name.
  explicit ItemBytes(const grpc::ByteBuffer* request) : bytes_(const_cast<grpc::ByteBuffer*>(request)) {}
  ~ItemBytes() { bytes_->Clear(); }
  ItemBytes(const ItemBytes&) = delete;
  ItemBytes& operator=(const ItemBytes&) = delete;

  // How many messages the repeated `field` of `type` has, as far as the bytes make sense.
  int64_t Count(const google::protobuf::Descriptor& type, absl::string_view field) const;

  // DoesNotParse when they do not.
  absl::Status MoveInto(google::protobuf::Message& request);

 private:
  grpc::ByteBuffer* const bytes_;
};

// For a request with many items: few and large blocks.
google::protobuf::ArenaOptions ArenaOfItems();

absl::Status ToBytes(const google::protobuf::Message& response, grpc::ByteBuffer& bytes);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_ITEM_BYTES_H_
