#include "services/churn/service/risk_listing.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

constexpr char kNobody[] = "-";
// What one page looks at before it is handed out short.
constexpr size_t kMostLookedAt = 10'000;
constexpr size_t kIdsPerRead = 500;
// Of scores in one page: it has to fit into a message, of which gRPC clients take 4 MiB unless told otherwise.
constexpr size_t kMostBytesPerPage = size_t{2} << 20;
constexpr int64_t kLastRank = (int64_t{1} << 53) - 1;

// A place in the list; the riskiest first.
struct Place {
  int64_t rank = 0;
  std::string customer_id;

  bool IsBefore(const Place& other) const {
    return std::tie(rank, customer_id) > std::tie(other.rank, other.customer_id);
  }
};

std::string EncodeToken(const Place& place) {
  return absl::WebSafeBase64Escape(absl::StrCat(place.rank, ",", place.customer_id));
}

absl::StatusOr<std::optional<Place>> DecodeToken(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  std::string plain;
  int64_t rank = 0;
  std::pair<absl::string_view, absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &plain)) parts = absl::StrSplit(plain, absl::MaxSplits(',', 1));
  if (!absl::SimpleAtoi(parts.first, &rank) || rank < -kLastRank || rank > kLastRank) {
    return absl::InvalidArgumentError("page.page_token: not a token of this service; repeat the request without it");
  }
  return Place{rank, std::string(parts.second)};
}

absl::Status Validate(const v1::ListCustomersByRiskRequest& request) {
  if (!v1::HealthBand_IsValid(request.band())) {
    return Invalid("band", absl::StrCat(static_cast<int>(request.band())),
                   "is none; use HEALTH_BAND_RED, _YELLOW or _GREEN, or leave it out for all");
  }
  return ValidateText("owner_id", request.owner_id());
}

// The first `limit` of one index that come after `after`.
absl::Status ListIndex(Reader& reader, const store::Partition& partition, v1::HealthBand band,
                       const std::optional<Place>& after, size_t limit, std::vector<Place>& list) {
  store::IndexRange range;
  range.partition = partition;
  range.index = RiskIndex(band);
  range.from = -kLastRank;
  range.to = after ? after->rank : kLastRank;
  range.descending = true;
  range.limit = static_cast<int32_t>(limit);
  for (size_t taken = 0; taken < limit;) {
    absl::StatusOr<store::IndexPage> page = reader.store().RangeIndex(range);
    if (!page.ok()) return page.status();
    for (store::RankedMember& member : page->members) {
      Place place{member.score, std::move(member.member)};
      if (taken == limit || (after && !after->IsBefore(place))) continue;
      list.push_back(std::move(place));
      ++taken;
    }
    if (page->next_cursor.empty()) break;
    range.cursor = std::move(page->next_cursor);
  }
  return absl::OkStatus();
}

// The first `limit` of a band, or of all, that come after `after`.
absl::StatusOr<std::vector<Place>> List(Reader& reader, absl::string_view tenant, v1::HealthBand only,
                                        const std::optional<Place>& after, size_t limit) {
  std::vector<Place> list;
  for (uint32_t p = 0; p < reader.store().partition_count(); ++p) {
    for (const v1::HealthBand band : kBands) {
      if (only != v1::HEALTH_BAND_UNSPECIFIED && only != band) continue;
      const absl::Status read = ListIndex(reader, {std::string(tenant), p}, band, after, limit, list);
      if (!read.ok()) return read;
    }
  }
  std::sort(list.begin(), list.end(), [](const Place& a, const Place& b) { return a.IsBefore(b); });
  if (list.size() > limit) list.resize(limit);
  return list;
}

bool Matches(const storage::v1::StoredScore& stored, const v1::ListCustomersByRiskRequest& request) {
  if (stored.left()) return false;
  if (request.band() != v1::HEALTH_BAND_UNSPECIFIED && request.band() != stored.score().band()) return false;
  if (request.owner_id().empty()) return true;
  return stored.owner_id() == (request.owner_id() == kNobody ? "" : request.owner_id());
}

}  // namespace

absl::Status ListCustomersByRisk(Reader& reader, absl::string_view tenant,
                                 const v1::ListCustomersByRiskRequest& request,
                                 v1::ListCustomersByRiskResponse& response) {
  absl::Status valid = Validate(request);
  if (!valid.ok()) return valid;
  absl::StatusOr<std::optional<Place>> after = DecodeToken(request.page().page_token());
  if (!after.ok()) return after.status();
  const size_t most = PageSize(request.page());
  const size_t per_read = request.owner_id().empty() ? std::min(most, kIdsPerRead) : kIdsPerRead;
  size_t bytes = 0;
  for (size_t looked_at = 0; looked_at < kMostLookedAt;) {
    const auto list = List(reader, tenant, request.band(), *after, per_read);
    if (!list.ok()) return list.status();
    std::vector<std::string> ids;
    for (const Place& place : *list) ids.push_back(place.customer_id);
    auto scores = LoadScores(reader, tenant, ids);
    if (!scores.ok()) return scores.status();
    for (size_t i = 0; i < list->size(); ++i) {
      *after = (*list)[i];
      std::optional<storage::v1::StoredScore>& stored = (*scores)[i];
      // It can have changed since the list was read.
      if (!stored || !Matches(*stored, request)) continue;
      bytes += stored->score().ByteSizeLong();
      *response.add_scores() = std::move(*stored->mutable_score());
      if (static_cast<size_t>(response.scores_size()) < most && bytes < kMostBytesPerPage) continue;
      response.set_next_page_token(EncodeToken(**after));
      return absl::OkStatus();
    }
    if (list->size() < per_read) return absl::OkStatus();
    looked_at += list->size();
  }
  response.set_next_page_token(EncodeToken(**after));
  return absl::OkStatus();
}

}  // namespace rapport::churn
