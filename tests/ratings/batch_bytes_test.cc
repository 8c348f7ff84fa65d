#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/ratings/service_harness.h"

// Batches are counted before they are parsed: what the two may disagree on is refused.
namespace rapport::ratings {
namespace {

using ::testing::HasSubstr;

class BatchBytesTest : public ::testing::Test {
 protected:
  grpc::Status Send(const std::string& bytes) {
    grpc::GenericStub stub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", service_.port()), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    absl::Notification answered;
    stub.UnaryCall(&context, "/rapport.ratings.v1.RatingsService/RecordRatings", grpc::StubOptions(), &request,
                   &response, [&](grpc::Status answer) {
                     status = std::move(answer);
                     answered.Notify();
                   });
    answered.WaitForNotification();
    return status;
  }

  static std::string Ratings(int count) {
    v1::RecordRatingsRequest request;
    for (int i = 0; i < count; ++i) request.add_ratings()->set_rating_id(absl::StrCat("r", i));
    return request.SerializeAsString();
  }

  Service service_;
};

TEST_F(BatchBytesTest, TakesOneToAThousand) {
  EXPECT_TRUE(Send(Ratings(1)).ok());
  EXPECT_TRUE(Send(Ratings(1'000)).ok());
  for (const int count : {0, 1'001}) {
    const grpc::Status status = Send(Ratings(count));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(absl::StrCat("ratings: ", count, " items; send 1 to 1000")));
  }
}

TEST_F(BatchBytesTest, WhatDoesNotParseIsRefusedAndSaysHow) {
  const std::string cut = Ratings(3);
  const grpc::Status status = Send(cut.substr(0, cut.size() - 1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("does not parse as rapport.ratings.v1.RecordRatingsRequest"));
}

TEST_F(BatchBytesTest, NothingIsTakenThatWasNotCounted) {
  const std::string group = "\xa3\x06\xa4\x06";  // an empty one, of field 100: it parses, and counting ends there
  EXPECT_EQ(Send(Ratings(1) + group + Ratings(2'000)).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Send(Ratings(1) + group).ok());
}

}  // namespace
}  // namespace rapport::ratings
