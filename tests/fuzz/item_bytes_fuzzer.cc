// Requests with many items as they come. The first byte says how large the slices are that the network made of them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/server/item_bytes.h"
#include "rapport/ratings/v1/ratings_service.pb.h"
#include "tests/fuzz/fail.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rapport;
  using ratings::v1::RecordRatingsRequest;
  if (size == 0) return -1;
  const size_t length = data[0] + 1;
  std::vector<grpc::Slice> slices;
  for (size_t at = 1; at < size; at += length) slices.emplace_back(data + at, std::min(length, size - at));
  const grpc::ByteBuffer buffer(slices.data(), slices.size());
  server::ItemBytes bytes(&buffer);
  const int64_t count = bytes.Count(*RecordRatingsRequest::descriptor(), "ratings");
  RecordRatingsRequest request;
  if (const absl::Status parsed = bytes.MoveInto(request); !parsed.ok()) {
    fuzz::RequireClear(parsed, "a request");
    return 0;
  }
  // It may have more, behind a group.
  fuzz::Require(count <= request.ratings_size(), "what is counted is there");
  grpc::ByteBuffer written;
  fuzz::Require(server::ToBytes(request, written).ok(), "what was read can be written");
  server::ItemBytes again(&written);
  fuzz::Require(again.Count(*RecordRatingsRequest::descriptor(), "ratings") >= count, "what is written is counted");
  return 0;
}
