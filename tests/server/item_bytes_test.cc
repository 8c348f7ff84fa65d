#include "common/server/item_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "rapport/ratings/v1/ratings_service.pb.h"

namespace rapport::server {
namespace {

using ratings::v1::RecordRatingsRequest;

// In slices of that size, as they may come from the network.
grpc::ByteBuffer BytesOf(const std::string& bytes, size_t slice) {
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < bytes.size(); at += slice) slices.emplace_back(bytes.substr(at, slice));
  return {slices.data(), slices.size()};
}

int64_t CountRatings(const std::string& bytes, size_t slice = 7) {
  const grpc::ByteBuffer buffer = BytesOf(bytes, slice);
  return ItemBytes(&buffer).Count(*RecordRatingsRequest::descriptor(), "ratings");
}

TEST(ItemBytesTest, CountsWhatParsingFinds) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    RecordRatingsRequest request;
    for (uint32_t left = random() % 1'500; left > 0; --left) {
      ratings::v1::Rating& rating = *request.add_ratings();
      rating.set_rating_id(std::string(random() % 300, 'x'));
      rating.set_points(static_cast<int>(random()));
    }
    // What later versions of the message may have beside them is none of them.
    google::protobuf::UnknownFieldSet& unknown = *request.GetReflection()->MutableUnknownFields(&request);
    unknown.AddLengthDelimited(100, "later");
    unknown.AddVarint(101, random());
    unknown.AddFixed32(102, random());
    unknown.AddFixed64(103, random());
    const std::string bytes = request.SerializeAsString();
    EXPECT_EQ(CountRatings(bytes, 1 + random() % 5'000), request.ratings_size());
  }
  EXPECT_EQ(CountRatings(""), 0);
}

TEST(ItemBytesTest, TheBytesAreFreedOnceTheyAreParsedOrRefused) {
  RecordRatingsRequest request;
  request.add_ratings()->set_rating_id("r1");
  const grpc::ByteBuffer parsed = BytesOf(request.SerializeAsString(), 3);
  RecordRatingsRequest read;
  ASSERT_TRUE(ItemBytes(&parsed).MoveInto(read).ok());
  EXPECT_EQ(read.ratings(0).rating_id(), "r1");
  EXPECT_FALSE(parsed.Valid());

  const grpc::ByteBuffer refused = BytesOf(request.SerializeAsString(), 3);
  ItemBytes(&refused).Count(*RecordRatingsRequest::descriptor(), "ratings");
  EXPECT_FALSE(refused.Valid());
}

TEST(ItemBytesTest, WhatDoesNotParseIsTheCallersFault) {
  RecordRatingsRequest request;
  for (int i = 0; i < 3; ++i) request.add_ratings()->set_rating_id("r1");
  const std::string bytes = request.SerializeAsString();
  const grpc::ByteBuffer cut = BytesOf(bytes.substr(0, bytes.size() - 1), 100);
  RecordRatingsRequest read;
  const absl::Status status = ItemBytes(&cut).MoveInto(read);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("rapport.ratings.v1.RecordRatingsRequest"));
  EXPECT_EQ(CountRatings(bytes.substr(0, bytes.size() - 1)), 2) << "as many as there are whole";
  EXPECT_EQ(CountRatings("\x0b\x0c"), 0) << "a group";
}

TEST(ItemBytesTest, AResponseIsWrittenAsGrpcWritesIt) {
  ratings::v1::RecordRatingsResponse response;
  response.add_results()->mutable_status()->set_message("so it is");
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(ToBytes(response, bytes).ok());
  grpc::Slice slice;
  ASSERT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(slice.begin()), slice.size()), response.SerializeAsString());
}

}  // namespace
}  // namespace rapport::server
