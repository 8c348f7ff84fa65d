#include "common/server/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rapport::server {
namespace {

using ::testing::MatchesRegex;

constexpr char kForm[] = "00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]";

TEST(TraceTest, ContinuesAValidTraceWithASpanOfItsOwn) {
  const Trace trace = ContinueTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_EQ(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_THAT(trace.traceparent, MatchesRegex("00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]+-01"));
  EXPECT_NE(trace.traceparent, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST(TraceTest, UnderstandsLaterVersions) {
  const Trace trace = ContinueTrace("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more");
  EXPECT_EQ(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(TraceTest, BeginsATraceWhenThereIsNoValidOne) {
  for (const char* invalid : {"", "nonsense", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                              "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                              "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"}) {
    const Trace trace = ContinueTrace(invalid);
    EXPECT_EQ(trace.trace_id.size(), 32u);
    EXPECT_NE(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736") << invalid;
    EXPECT_THAT(trace.traceparent, MatchesRegex(kForm));
    EXPECT_NE(trace.trace_id, ContinueTrace(invalid).trace_id);
  }
}

}  // namespace
}  // namespace rapport::server
