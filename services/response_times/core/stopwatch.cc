#include "services/response_times/core/stopwatch.h"

#include <algorithm>

namespace rapport::response_times {
namespace {

absl::Duration Shown(const Interval& piece, const BusinessTime* business) {
  return business == nullptr ? piece.end - piece.start : business->Between(piece.start, piece.end);
}

absl::Time After(absl::Time start, absl::Duration allowance, const BusinessTime* business) {
  return business == nullptr ? start + allowance : business->Due(start, allowance);
}

}  // namespace

std::vector<Interval> Without(const std::vector<Interval>& pauses, const Interval& whole) {
  std::vector<Interval> pieces;
  absl::Time from = whole.start;
  auto pause = std::upper_bound(pauses.begin(), pauses.end(), from,
                                [](absl::Time t, const Interval& each) { return t < each.end; });
  for (; pause != pauses.end() && pause->start < whole.end; ++pause) {
    if (from < pause->start) pieces.push_back({from, pause->start});
    from = pause->end;
  }
  if (from < whole.end) pieces.push_back({from, whole.end});
  return pieces;
}

std::vector<Interval> Without(const std::vector<Interval>& pauses, const std::vector<Interval>& wholes) {
  std::vector<Interval> pieces;
  for (const Interval& whole : wholes) {
    const std::vector<Interval> left = Without(pauses, whole);
    pieces.insert(pieces.end(), left.begin(), left.end());
  }
  return pieces;
}

Reading Read(const std::vector<Interval>& pieces, const BusinessTime* calendar) {
  Reading reading;
  if (calendar != nullptr) reading.business = absl::ZeroDuration();
  for (const Interval& piece : pieces) {
    if (piece.end == absl::InfiniteFuture()) {
      reading.running_since = piece.start;
      break;
    }
    reading.calendar += piece.end - piece.start;
    if (calendar != nullptr) *reading.business += calendar->Between(piece.start, piece.end);
  }
  return reading;
}

DueTime DueAfter(absl::Duration target, const Interval& whole, const std::vector<Interval>& pieces,
                 const BusinessTime* business) {
  absl::Duration left = target;
  for (const Interval& piece : pieces) {
    const absl::Time at = After(piece.start, left, business);
    if (at <= piece.end) return {at, std::nullopt};
    left -= Shown(piece, business);
  }
  if (whole.end != absl::InfiniteFuture()) return {After(whole.end, left, business), std::nullopt};
  // Still waiting, and no piece goes on: a pause does.
  return {After(pieces.empty() ? whole.start : pieces.back().end, left, business), left};
}

}  // namespace rapport::response_times
