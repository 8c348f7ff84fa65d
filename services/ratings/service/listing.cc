#include "services/ratings/service/listing.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/ratings/core/filter.h"
#include "services/ratings/core/record.h"

namespace rapport::ratings {
namespace {

// What one page looks at before it is handed out short.
constexpr size_t kMostFactsPerPage = 500'000;
constexpr int64_t kMostDaysPerPage = 1'000;
// Of ratings in one page: it has to fit into a message, of which gRPC clients take 4 MiB unless told otherwise.
constexpr size_t kMostBytesPerPage = size_t{2} << 20;

// The codes that facts of matching ratings have; a value that has no code of its own is counted with the others.
absl::StatusOr<std::vector<std::pair<int, rollup::Code>>> CodesOfFilter(rollup::Dictionary& dictionary,
                                                                        absl::string_view tenant,
                                                                        const v1::RatingFilter& filter) {
  std::vector<std::pair<int, rollup::Code>> codes;
  for (const common::v1::DimensionValue& each : filter.dimensions()) {
    if (!dictionary.IsRolledUp(each.dimension())) continue;
    const auto code = dictionary.Find(tenant, each.dimension(), each.value());
    if (!code.ok()) return code.status();
    codes.emplace_back(rollup::IndexOf(each.dimension()), code->value_or(rollup::kOtherValue));
  }
  return codes;
}

struct Candidate {
  uint32_t millis;
  std::string rating_id;

  friend auto operator<=>(const Candidate&, const Candidate&) = default;  // NOLINT(modernize-use-nullptr)
};

class Lister {
 public:
  Lister(Reader& reader, absl::string_view tenant, const Interval& range, const v1::RatingFilter& filter,
         const Viewer& viewer, Direction direction, std::vector<std::pair<int, rollup::Code>> codes)
      : reader_(reader),
        tenant_(tenant),
        range_(range),
        filter_(filter),
        viewer_(viewer),
        direction_(direction),
        codes_(std::move(codes)) {}

  absl::StatusOr<ListPage> Page(const std::optional<ListPosition>& after, size_t limit) {
    const bool newest_first = direction_ == Direction::kNewestFirst;
    const int64_t first = UtcDay(range_.start);
    const int64_t last = UtcDay(range_.end - absl::Milliseconds(1));
    int64_t day = newest_first ? last : first;
    if (after) day = newest_first ? std::min(UtcDay(after->time), last) : std::max(UtcDay(after->time), first);
    ListPage page;
    for (int64_t days = 0; first <= day && day <= last; day += newest_first ? -1 : 1, ++days) {
      if (facts_seen_ >= kMostFactsPerPage || days >= kMostDaysPerPage) {
        page.next = ListPosition{StartOfUtcDay(day), ""};
        return page;
      }
      absl::StatusOr<std::vector<Candidate>> candidates = CandidatesOf(day, after);
      if (!candidates.ok()) return candidates.status();
      const absl::Status taken = Take(day, *candidates, limit, page);
      if (!taken.ok() || page.next) return taken.ok() ? absl::StatusOr<ListPage>(std::move(page)) : taken;
    }
    return page;
  }

 private:
  // What could match on a day, in the order of the list, after the position.
  absl::StatusOr<std::vector<Candidate>> CandidatesOf(int64_t day, const std::optional<ListPosition>& after) {
    const absl::StatusOr<std::vector<std::string>> facts = reader_.FactsOfDay(tenant_, day);
    if (!facts.ok()) return facts.status();
    facts_seen_ += facts->size();
    std::vector<Candidate> candidates;
    for (const std::string& bytes : *facts) {
      const std::optional<Fact> fact = DecodeFact(bytes);
      if (!fact) return absl::DataLossError("a fact does not parse; restore the data folder");
      if (!range_.Contains(TimeOf(day, *fact)) || !CouldMatch(*fact, filter_)) continue;
      const bool codes_match = std::all_of(codes_.begin(), codes_.end(),
                                           [&](const auto& each) { return fact->codes[each.first] == each.second; });
      if (codes_match) candidates.push_back({fact->millis, std::string(fact->rating_id)});
    }
    std::sort(candidates.begin(), candidates.end());
    if (direction_ == Direction::kNewestFirst) std::reverse(candidates.begin(), candidates.end());
    if (after && !after->rating_id.empty() && UtcDay(after->time) == day) {
      const Candidate seen{static_cast<uint32_t>((after->time - StartOfUtcDay(day)) / absl::Milliseconds(1)),
                           after->rating_id};
      std::erase_if(candidates, [&](const Candidate& each) {
        return direction_ == Direction::kNewestFirst ? each >= seen : each <= seen;
      });
    }
    return candidates;
  }

  // Loads candidates until the page is full. A record can have changed since its fact was read: what no longer matches
  // is left out.
  absl::Status Take(int64_t day, const std::vector<Candidate>& candidates, size_t limit, ListPage& page) {
    for (size_t begin = 0; begin < candidates.size();) {
      const size_t end = std::min(candidates.size(), begin + limit - page.ratings.size());
      std::vector<std::string> ids;
      for (size_t i = begin; i < end; ++i) ids.push_back(candidates[i].rating_id);
      const auto records = reader_.LoadRecords(tenant_, ids);
      if (!records.ok()) return records.status();
      for (const storage::v1::RatingRecord& record : *records) {
        const Candidate& candidate = candidates[begin++];
        TakeIfListed(record, page);
        if (page.ratings.size() < limit && bytes_ < kMostBytesPerPage) continue;
        page.next = ListPosition{StartOfUtcDay(day) + absl::Milliseconds(candidate.millis), candidate.rating_id};
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  void TakeIfListed(const storage::v1::RatingRecord& record, ListPage& page) {
    if (!Matches(record, filter_) || !MayRead(record, viewer_)) return;
    if (!range_.Contains(FromProto(Counted(record)->rating().occurred_at()))) return;
    page.ratings.push_back(PresentCounted(record, viewer_));
    bytes_ += page.ratings.back().ByteSizeLong();
  }

  Reader& reader_;
  const absl::string_view tenant_;
  const Interval range_;
  const v1::RatingFilter& filter_;
  const Viewer& viewer_;
  const Direction direction_;
  const std::vector<std::pair<int, rollup::Code>> codes_;
  size_t facts_seen_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<ListPage> ListPageOf(Reader& reader, rollup::Dictionary& dictionary, absl::string_view tenant,
                                    const Interval& range, const v1::RatingFilter& filter, const Viewer& viewer,
                                    Direction direction, const std::optional<ListPosition>& after, size_t limit) {
  v1::RatingFilter narrowed = filter;
  if (viewer.own_only) {
    common::v1::DimensionValue& own = *narrowed.add_dimensions();
    own.set_dimension(common::v1::DIMENSION_AGENT);
    own.set_value(viewer.agent_id);
  }
  auto codes = CodesOfFilter(dictionary, tenant, narrowed);
  if (!codes.ok()) return codes.status();
  const Interval bounded = reader.Bounded(range);
  if (bounded.start == bounded.end) return ListPage{};
  return Lister(reader, tenant, bounded, narrowed, viewer, direction, *std::move(codes)).Page(after, limit);
}

std::string EncodeToken(const ListPosition& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(ToMillis(position.time), ",", position.rating_id));
}

absl::StatusOr<std::optional<ListPosition>> DecodeToken(absl::string_view token, absl::string_view field) {
  if (token.empty()) return std::nullopt;
  std::string plain;
  int64_t millis = 0;
  std::pair<absl::string_view, absl::string_view> parts;
  if (absl::WebSafeBase64Unescape(token, &plain)) parts = absl::StrSplit(plain, absl::MaxSplits(',', 1));
  if (!absl::SimpleAtoi(parts.first, &millis)) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": not a token of this service; repeat the request without it"));
  }
  return ListPosition{absl::FromUnixMillis(millis), std::string(parts.second)};
}

}  // namespace rapport::ratings
