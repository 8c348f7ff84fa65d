#include "services/churn/service/risk_watch.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/churn/service/score_store.h"
#include "services/churn/service/score_writes.h"

namespace rapport::churn {
namespace {

absl::Status Validate(const v1::WatchRiskRequest& request) {
  for (int i = 0; i < request.bands_size(); ++i) {
    if (request.bands(i) != v1::HEALTH_BAND_UNSPECIFIED && v1::HealthBand_IsValid(request.bands(i))) continue;
    return Invalid(absl::StrCat("bands[", i, "]"), absl::StrCat(static_cast<int>(request.bands(i))),
                   "is none; name bands such as HEALTH_BAND_RED, or leave them out for all");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RiskWatch> RiskWatch::Open(Reader& reader, absl::string_view tenant,
                                          const v1::WatchRiskRequest& request) {
  if (const absl::Status valid = Validate(request); !valid.ok()) return valid;
  std::string place;
  if (!absl::WebSafeBase64Unescape(request.resume_token(), &place)) return service::StrangeToken();
  auto stream = request.resume_token().empty() ? service::StreamCursor::AtEnd(reader.store(), tenant, kRiskStream)
                                               : service::StreamCursor::At(reader.store(), tenant, kRiskStream, place);
  if (!stream.ok()) return stream.status();
  RiskWatch watch(*std::move(stream));
  watch.bands_.insert(request.bands().begin(), request.bands().end());
  watch.token_moved_ = true;
  return watch;
}

absl::Status RiskWatch::ReadOn() {
  const auto entries = stream_.ReadOn();
  if (!entries.ok()) return entries.status();
  for (const std::string& entry : *entries) {
    auto changes = ParseBandChanges(entry);
    if (!changes.ok()) return changes.status();
    for (storage::v1::BandChange& change : *changes) {
      if (!bands_.empty() && !bands_.contains(change.score().band())) continue;
      v1::WatchRiskResponse& message = pending_.emplace_back();
      message.set_previous_band(change.previous_band());
      *message.mutable_score() = std::move(*change.mutable_score());
    }
  }
  token_moved_ = !entries->empty();
  return absl::OkStatus();
}

// The token moves on only behind the last change of a read, so that a watcher that stops in between is told all of them
// again, and misses none.
absl::StatusOr<bool> RiskWatch::Next(v1::WatchRiskResponse& response) {
  if (pending_.empty() && !token_moved_) {
    const absl::Status read = ReadOn();
    if (!read.ok()) return read;
  }
  if (!pending_.empty()) {
    response = std::move(pending_.front());
    pending_.pop_front();
  } else if (!token_moved_) {
    return false;
  }
  if (pending_.empty()) {
    token_ = absl::WebSafeBase64Escape(stream_.Text());
    token_moved_ = false;
  }
  response.set_resume_token(token_);
  return true;
}

}  // namespace rapport::churn
