#include "services/churn/service/peers.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "services/churn/service/peer_cache.h"
#include "services/churn/service/peer_calls.h"

namespace rapport::churn {
namespace {

constexpr int64_t kWindowDays = 90;

// A question about the past makes a service read every conversation of the customers.
constexpr size_t kMostPerCall = 1000;
constexpr size_t kMostPerCallOfThePast = 200;
constexpr int kPatienceWithThePast = 10;

// What distinguishes the two services here.
struct Ratings {
  using Answer = ratings::v1::CustomerSatisfaction;
  static constexpr Peer kPeer = Peer::kRatings;
  static constexpr v1::FeatureSource kSource = v1::FEATURE_SOURCE_RATINGS;

  static const Answer* Of(const storage::v1::PeerAnswer& kept) {
    return kept.has_satisfaction() ? &kept.satisfaction() : nullptr;
  }
  static absl::Time FetchedAt(const storage::v1::PeerAnswer& kept) {
    return absl::FromUnixMillis(kept.satisfaction_fetched_ms());
  }
  static void Keep(const Answer& answer, absl::Time now, storage::v1::PeerAnswer& kept) {
    *kept.mutable_satisfaction() = answer;
    kept.set_satisfaction_fetched_ms(ToMillis(now));
  }
  static auto& Request(PeerRequests& requests) { return requests.satisfaction; }
  static auto& Response(PeerResponses& responses) { return responses.satisfaction; }
  static auto& Values(PeerAnswers& answers) { return answers.satisfaction; }
};

struct ResponseTimes {
  using Answer = response_times::v1::CustomerResponsiveness;
  static constexpr Peer kPeer = Peer::kResponseTimes;
  static constexpr v1::FeatureSource kSource = v1::FEATURE_SOURCE_RESPONSE_TIMES;

  static const Answer* Of(const storage::v1::PeerAnswer& kept) {
    return kept.has_responsiveness() ? &kept.responsiveness() : nullptr;
  }
  static absl::Time FetchedAt(const storage::v1::PeerAnswer& kept) {
    return absl::FromUnixMillis(kept.responsiveness_fetched_ms());
  }
  static void Keep(const Answer& answer, absl::Time now, storage::v1::PeerAnswer& kept) {
    *kept.mutable_responsiveness() = answer;
    kept.set_responsiveness_fetched_ms(ToMillis(now));
  }
  static auto& Request(PeerRequests& requests) { return requests.responsiveness; }
  static auto& Response(PeerResponses& responses) { return responses.responsiveness; }
  static auto& Values(PeerAnswers& answers) { return answers.responsiveness; }
};

template <typename Value>
void Set(v1::Freshness freshness, absl::Time fetched_at, Value& value) {
  value.state.set_freshness(freshness);
  if (freshness != v1::FRESHNESS_MISSING) *value.state.mutable_fetched_at() = ToProto(fetched_at);
}

// One call of Ask.
class Asking {
 public:
  // `of_the_past`: only what was known by the begin of `day`, however long that takes.
  Asking(PeerCalls& calls, absl::string_view tenant, const std::vector<std::string>& ids, absl::Time day,
         bool of_the_past, absl::Duration timeout)
      : calls_(calls),
        tenant_(tenant),
        ids_(ids),
        day_(day),
        of_the_past_(of_the_past),
        at_once_(of_the_past ? kMostPerCallOfThePast : kMostPerCall),
        timeout_(of_the_past ? timeout * kPatienceWithThePast : timeout) {
    Prepare<Ratings>();
    Prepare<ResponseTimes>();
  }

  // Positions of customers whom a service is to be asked about.
  struct Wanted {
    std::vector<size_t> satisfaction;
    std::vector<size_t> responsiveness;
  };

  // Sets what comes, as fetched at `now`.
  void Ask(const Wanted& wanted, absl::Time now, absl::Time deadline) {
    const size_t most = std::max(wanted.satisfaction.size(), wanted.responsiveness.size());
    for (size_t from = 0; from < most; from += at_once_) {
      PeerRequests requests;
      AddRequest<Ratings>(wanted.satisfaction, from, requests);
      AddRequest<ResponseTimes>(wanted.responsiveness, from, requests);
      PeerResponses responses = calls_.Ask(tenant_, requests, timeout_, deadline);
      Take<Ratings>(wanted.satisfaction, from, now, responses);
      Take<ResponseTimes>(wanted.responsiveness, from, now, responses);
    }
  }

  PeerAnswers& answers() { return answers_; }

 private:
  template <typename Service>
  void Prepare() {
    auto& values = Service::Values(answers_);
    values.resize(ids_.size());
    for (auto& value : values) {
      value.state.set_source(Service::kSource);
      value.state.set_freshness(v1::FRESHNESS_MISSING);
    }
  }

  template <typename Service>
  void AddRequest(const std::vector<size_t>& wanted, size_t from, PeerRequests& requests) const {
    if (from >= wanted.size()) return;
    auto& request = Service::Request(requests).emplace();
    const size_t to = std::min(wanted.size(), from + at_once_);
    for (size_t i = from; i < to; ++i) request.add_customer_ids(ids_[wanted[i]]);
    *request.mutable_range() = ToProto(Interval{day_ - absl::Hours(24) * kWindowDays, day_});
    if (of_the_past_) *request.mutable_as_of() = ToProto(day_);
  }

  template <typename Service>
  void Take(const std::vector<size_t>& wanted, size_t from, absl::Time now, PeerResponses& responses) {
    auto& response = Service::Response(responses);
    if (!response) return;
    const auto count = static_cast<size_t>(response->customers_size());
    for (size_t i = 0; i < count && from + i < wanted.size(); ++i) {
      auto& value = Service::Values(answers_)[wanted[from + i]];
      value.answer = std::move(*response->mutable_customers(static_cast<int>(i)));
      Set(v1::FRESHNESS_FRESH, now, value);
    }
  }

  PeerCalls& calls_;
  const absl::string_view tenant_;
  const std::vector<std::string>& ids_;
  const absl::Time day_;
  const bool of_the_past_;
  const size_t at_once_;
  const absl::Duration timeout_;
  PeerAnswers answers_;
};

class CachedPeers final : public Peers {
 public:
  CachedPeers(const PeerOptions& options, std::unique_ptr<PeerCalls> calls, Reader& reader, ChurnMetrics& metrics)
      : options_(options),
        calls_(std::move(calls)),
        reader_(reader),
        metrics_(metrics),
        cache_(reader, options.kept_for) {}

  PeerAnswers Ask(absl::string_view tenant, const std::vector<std::string>& ids, std::optional<absl::Time> as_of,
                  absl::Time deadline) override {
    const absl::Time now = reader_.Now();
    Asking asking(*calls_, tenant, ids, StartOfUtcDay(UtcDay(as_of.value_or(now))), as_of.has_value(),
                  options_.timeout);
    if (as_of) {
      std::vector<size_t> all(ids.size());
      for (size_t i = 0; i < all.size(); ++i) all[i] = i;
      asking.Ask({all, all}, now, deadline);
      return std::move(asking.answers());
    }
    const std::vector<PeerCache::Answer> kept = cache_.Load(tenant, ids);
    const Asking::Wanted wanted = {TakeKept<Ratings>(kept, now, asking.answers()),
                                   TakeKept<ResponseTimes>(kept, now, asking.answers())};
    asking.Ask(wanted, now, deadline);
    Keep(tenant, ids, kept, wanted, now, asking.answers());
    return std::move(asking.answers());
  }

  bool IsAsked(v1::FeatureSource source) const override {
    return (source == Ratings::kSource && !options_.ratings_server.empty()) ||
           (source == ResponseTimes::kSource && !options_.response_times_server.empty());
  }

 private:
  // Sets what is kept, marked as stale where it is; the positions that are to be asked for.
  template <typename Service>
  std::vector<size_t> TakeKept(const std::vector<PeerCache::Answer>& kept, absl::Time now, PeerAnswers& answers) const {
    std::vector<size_t> wanted;
    if (!IsAsked(Service::kSource)) return wanted;
    for (size_t i = 0; i < kept.size(); ++i) {
      const typename Service::Answer* answer = kept[i] == nullptr ? nullptr : Service::Of(*kept[i]);
      const absl::Duration age = answer == nullptr ? absl::InfiniteDuration() : now - Service::FetchedAt(*kept[i]);
      const bool fresh = age < options_.fresh_for;
      if (!fresh) wanted.push_back(i);
      if (answer == nullptr || age > options_.kept_for) continue;
      auto& value = Service::Values(answers)[i];
      value.answer = *answer;
      Set(fresh ? v1::FRESHNESS_FRESH : v1::FRESHNESS_STALE, now - age, value);
    }
    metrics_.OnPeerCache(Service::kPeer, CacheOutcome::kFresh, static_cast<int64_t>(kept.size() - wanted.size()));
    return wanted;
  }

  // Keeps what came, beside what is kept of the other service.
  void Keep(absl::string_view tenant, const std::vector<std::string>& ids, const std::vector<PeerCache::Answer>& kept,
            const Asking::Wanted& wanted, absl::Time now, const PeerAnswers& answers) {
    absl::flat_hash_map<size_t, std::shared_ptr<storage::v1::PeerAnswer>> changed;
    const auto entry = [&](size_t i) -> storage::v1::PeerAnswer& {
      auto& answer = changed[i];
      if (answer == nullptr) {
        answer = kept[i] == nullptr ? std::make_shared<storage::v1::PeerAnswer>()
                                    : std::make_shared<storage::v1::PeerAnswer>(*kept[i]);
      }
      return *answer;
    };
    KeepOf<Ratings>(wanted.satisfaction, now, answers.satisfaction, entry);
    KeepOf<ResponseTimes>(wanted.responsiveness, now, answers.responsiveness, entry);
    std::vector<std::pair<std::string, PeerCache::Answer>> puts;
    for (auto& [i, answer] : changed) puts.emplace_back(ids[i], std::move(answer));
    cache_.Put(tenant, puts);
  }

  template <typename Service, typename Values, typename Entry>
  void KeepOf(const std::vector<size_t>& wanted, absl::Time now, const Values& values, const Entry& entry) {
    int64_t fetched = 0;
    int64_t stale = 0;
    for (const size_t i : wanted) {
      stale += values[i].state.freshness() == v1::FRESHNESS_STALE;
      if (values[i].state.freshness() != v1::FRESHNESS_FRESH) continue;
      ++fetched;
      Service::Keep(*values[i].answer, now, entry(i));
    }
    metrics_.OnPeerCache(Service::kPeer, CacheOutcome::kFetched, fetched);
    metrics_.OnPeerCache(Service::kPeer, CacheOutcome::kStale, stale);
    metrics_.OnPeerCache(Service::kPeer, CacheOutcome::kMissing, static_cast<int64_t>(wanted.size()) - fetched - stale);
  }

  const PeerOptions options_;
  const std::unique_ptr<PeerCalls> calls_;
  Reader& reader_;
  ChurnMetrics& metrics_;
  PeerCache cache_;
};

absl::Status Positive(absl::string_view option, absl::Duration value) {
  if (value > absl::ZeroDuration()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", absl::FormatDuration(value), " is too short; use more than 0, such as 2s"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Peers>> Peers::Create(const PeerOptions& options, Reader& reader,
                                                     ChurnMetrics& metrics) {
  for (const auto& [option, value] :
       {std::pair("--peer-timeout", options.timeout), std::pair("--peer-fresh-for", options.fresh_for),
        std::pair("--peer-kept-for", options.kept_for)}) {
    const absl::Status valid = Positive(option, value);
    if (!valid.ok()) return valid;
  }
  auto calls = PeerCalls::Create(options, metrics);
  if (!calls.ok()) return calls.status();
  return std::make_unique<CachedPeers>(options, *std::move(calls), reader, metrics);
}

}  // namespace rapport::churn
