#include <gtest/gtest.h>
#include <stdlib.h>

#include "services/cli/connection.h"

namespace rapport::cli {
namespace {

class ServerOfTest : public testing::Test {
 protected:
  ServerOfTest() { Clear(); }
  ~ServerOfTest() override { Clear(); }

  static void Clear() {
    for (const char* name :
         {"RAPPORT_SERVER", "RAPPORT_RATINGS_SERVER", "RAPPORT_RESPONSE_TIMES_SERVER", "RAPPORT_CHURN_SERVER"}) {
      unsetenv(name);
    }
  }
};

TEST_F(ServerOfTest, HasAPortForEachService) {
  EXPECT_EQ(ServerOf(kRatingsAddress, ""), "127.0.0.1:50051");
  EXPECT_EQ(ServerOf(kResponseTimesAddress, ""), "127.0.0.1:50052");
  EXPECT_EQ(ServerOf(kChurnAddress, ""), "127.0.0.1:50053");
  EXPECT_EQ(ServerOf(kResponseTimesAddress, "rapport.acme.test"), "rapport.acme.test:50052");
}

TEST_F(ServerOfTest, TakesTheFlagBeforeTheEnvironmentAndOneServiceBeforeAll) {
  setenv("RAPPORT_SERVER", "gateway:443", 1);
  EXPECT_EQ(ServerOf(kResponseTimesAddress, ""), "gateway:443");
  setenv("RAPPORT_RESPONSE_TIMES_SERVER", "times:1", 1);
  EXPECT_EQ(ServerOf(kResponseTimesAddress, ""), "times:1");
  EXPECT_EQ(ServerOf(kRatingsAddress, ""), "gateway:443");
  EXPECT_EQ(ServerOf(kResponseTimesAddress, "given:2"), "given:2");
}

}  // namespace
}  // namespace rapport::cli
