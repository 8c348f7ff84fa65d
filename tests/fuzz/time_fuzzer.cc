// Times, durations and periods as people and files write them, zones, and ranges cut into buckets. Each line is a text;
// the first two are a format and a zone.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/time/buckets.h"
#include "common/time/interval.h"
#include "services/cli/days.h"
#include "services/cli/duration_text.h"
#include "services/cli/period.h"
#include "services/cli/time_parsing.h"
#include "tests/fuzz/fail.h"

namespace rapport::fuzz {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'782'907'200);
constexpr int kMostBuckets = 2'000;

void TestBuckets(const Interval& range, absl::TimeZone zone) {
  for (int bucket = common::v1::Bucket_MIN; bucket <= common::v1::Bucket_MAX; ++bucket) {
    if (!common::v1::Bucket_IsValid(bucket) || bucket == common::v1::BUCKET_UNSPECIFIED) continue;
    const auto kind = static_cast<common::v1::Bucket>(bucket);
    const auto buckets = CutIntoBuckets(range, kind, zone, kMostBuckets);
    if (!buckets.ok()) {
      RequireClear(buckets.status(), "buckets");
      continue;
    }
    Require(buckets->front().start == range.start && buckets->back().end == range.end, "buckets cover the range");
    for (size_t i = 0; i < buckets->size(); ++i) {
      Require((*buckets)[i].start < (*buckets)[i].end, "no bucket is empty");
      Require(i == 0 || (*buckets)[i].start == (*buckets)[i - 1].end, "buckets touch");
    }
    const Interval before = PreviousBucket(range, kind, zone);
    Require(before.start < before.end && before.end <= range.start, "the bucket before comes before");
  }
  const Interval before = PreviousPeriod(range, zone);
  Require(before.start < before.end && before.end == range.start, "the period before ends where this one begins");
}

void TestTexts(const std::vector<std::string>& texts, const std::string& format, const std::string& zone_name) {
  const auto zone = LoadZone(zone_name, "time_zone");
  if (!zone.ok()) return RequireClear(zone.status(), "a zone");
  const cli::TimeParser parser(format, *zone);
  std::vector<absl::Time> times;
  for (const std::string& text : texts) {
    const auto time = parser.Parse(text);
    if (time.ok()) {
      Require(*time >= absl::UnixEpoch(), "times before 1970 are errors");
      times.push_back(*time);
    } else {
      RequireClear(time.status(), "a time");
    }
    const auto duration = cli::ParseDurationText("--within", text);
    if (!duration.ok()) RequireClear(duration.status(), "a duration");
    if (duration.ok()) cli::DurationText(*duration);
    const auto days = cli::ParseDays("--horizon", text);
    if (!days.ok()) RequireClear(days.status(), "days");
    for (const cli::PeriodOptions& options :
         {cli::PeriodOptions{.last = text, .time_zone = zone_name},
          cli::PeriodOptions{.next = text, .time_zone = zone_name},
          cli::PeriodOptions{.month = text, .time_zone = zone_name},
          cli::PeriodOptions{.from = texts.front(), .to = text, .time_zone = zone_name}}) {
      const auto period = cli::ResolvePeriod(options, kNow);
      if (!period.ok()) RequireClear(period.status(), "a period");
      if (!period.ok()) continue;
      const auto range = ParseRange(*period, "range");
      if (!range.ok()) RequireClear(range.status(), "a range");
      if (range.ok()) TestBuckets(*range, *zone);
    }
  }
  std::sort(times.begin(), times.end());
  for (size_t i = 1; i < times.size(); ++i) {
    const Interval range{absl::FromUnixMillis(ToMillis(times[i - 1])), absl::FromUnixMillis(ToMillis(times[i]))};
    if (range.start < range.end) TestBuckets(range, *zone);
  }
}

}  // namespace
}  // namespace rapport::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMostTexts = 6;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 3 || lines.size() > kMostTexts) return -1;
  const std::vector<std::string> texts(lines.begin() + 2, lines.end());
  rapport::fuzz::TestTexts(texts, lines[0], lines[1]);
  return 0;
}
