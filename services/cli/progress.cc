#include "services/cli/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/cli/text.h"

namespace rapport::cli {
namespace {

constexpr absl::Duration kRedrawInterval = absl::Milliseconds(200);
constexpr size_t kBarWidth = 20;

std::string Bar(double share) {
  const auto filled = static_cast<size_t>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  return absl::StrCat("[", std::string(filled, '#'), std::string(kBarWidth - filled, '.'), "]");
}

}  // namespace

Progress::Progress(std::ostream& err, bool enabled, int64_t total_bytes)
    : err_(err), enabled_(enabled), total_bytes_(total_bytes), start_(absl::Now()) {}

void Progress::Update(int64_t rows, int64_t bytes) {
  const absl::Time now = absl::Now();
  if (!IsDue(now)) return;
  const double seconds = std::max(absl::ToDoubleSeconds(now - start_), 0.001);
  std::string line = absl::StrCat(Grouped(rows), " rows, ", Grouped(static_cast<int64_t>(rows / seconds)), " rows/s");
  if (total_bytes_ > 0) {
    const double share = static_cast<double>(bytes) / static_cast<double>(total_bytes_);
    line = absl::StrCat(Bar(share), absl::StrFormat(" %3.0f %%  ", 100 * share), line);
  }
  err_ << "\r\x1B[K" << line << std::flush;
}

void Progress::UpdateShare(double share, absl::string_view step) {
  if (!IsDue(absl::Now())) return;
  err_ << "\r\x1B[K" << Bar(share) << absl::StrFormat(" %3.0f %%  ", 100 * share) << Printable(step) << std::flush;
}

bool Progress::IsDue(absl::Time now) {
  if (!enabled_ || now - drawn_ < kRedrawInterval) return false;
  drawn_ = now;
  return true;
}

void Progress::Note(absl::string_view text) {
  Clear();
  err_ << text << std::endl;
}

void Progress::Clear() {
  if (drawn_ == absl::InfinitePast()) return;
  err_ << "\r\x1B[K" << std::flush;
  drawn_ = absl::InfinitePast();
}

}  // namespace rapport::cli
