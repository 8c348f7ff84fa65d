#include "services/churn/service/customer_search.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/types/span.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/filter_matching.h"
#include "services/churn/core/record.h"
#include "services/churn/core/search_filter.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::CustomerRow;

constexpr size_t kIdsPerRead = 500;
// Of customers in one page: it has to fit into a message, of which gRPC clients take 4 MiB unless told otherwise.
constexpr size_t kMostBytesPerPage = size_t{2} << 20;

// What is looked for, and who was found so far.
class Search {
 public:
  Search(FilterNode filter, int64_t now_ms, std::string after, size_t page_size)
      : filter_(std::move(filter)), now_ms_(now_ms), after_(std::move(after)), page_size_(page_size) {}

  bool AsksForScores() const {
    return AnyTest(filter_, [](const FilterTest& test) {
      return test.field == FilterField::kBand || test.field == FilterField::kProbability ||
             test.field == FilterField::kHealth;
    });
  }

  bool AsksForActivity() const {
    return AnyTest(filter_, [](const FilterTest& test) { return test.field == FilterField::kLastActive; });
  }

  void SetScores(absl::flat_hash_map<std::string, BandedScore> scores) { scores_ = std::move(scores); }

  Match Matches(const CustomerRow& row, const std::optional<int64_t>* last_active_ms) const {
    FilteredCustomer customer{row, now_ms_};
    customer.last_active_ms = last_active_ms;
    if (const auto scored = scores_.find(row.customer_id()); scored != scores_.end()) {
      customer.score = scored->second.score;
      customer.band = scored->second.band;
    }
    return MatchFilter(filter_, customer);
  }

  void Add(const std::string& customer_id) {
    ++total_;
    if (customer_id <= after_) return;
    if (first_.size() <= page_size_) {
      first_.push(customer_id);
    } else if (customer_id < first_.top()) {
      first_.pop();
      first_.push(customer_id);
    }
  }

  int64_t total() const { return total_; }

  // The ids of the page and one more, if there are more; in order.
  std::vector<std::string> TakeFirst() {
    std::vector<std::string> ids;
    for (; !first_.empty(); first_.pop()) ids.push_back(first_.top());
    std::reverse(ids.begin(), ids.end());
    return ids;
  }

 private:
  const FilterNode filter_;
  const int64_t now_ms_;
  const std::string after_;
  const size_t page_size_;
  absl::flat_hash_map<std::string, BandedScore> scores_;
  int64_t total_ = 0;
  std::priority_queue<std::string> first_;  // the greatest on top
};

v1::Customer CustomerAsOf(const std::string& customer_id, const CustomerRecord& record, absl::Time now) {
  const CustomerRecord known = RecordAsOf(record, now);
  return MakeCustomer(RowOf(customer_id, known), known, now);
}

// Adds those of the customers who match when it is looked up when they were active last.
absl::Status AddByActivity(Reader& reader, absl::string_view tenant, absl::Span<const CustomerRow> rows,
                           Search& search) {
  const absl::Time now = reader.Now();
  for (; !rows.empty(); rows.remove_prefix(std::min(kIdsPerRead, rows.size()))) {
    const auto batch = rows.first(std::min(kIdsPerRead, rows.size()));
    std::vector<std::string> ids;
    for (const CustomerRow& row : batch) ids.push_back(row.customer_id());
    const auto records = reader.LoadRecords(tenant, ids);
    if (!records.ok()) return records.status();
    for (size_t i = 0; i < batch.size(); ++i) {
      const v1::Customer customer = CustomerAsOf(ids[i], (*records)[i], now);
      std::optional<int64_t> last_active_ms;
      if (customer.has_last_active_day()) last_active_ms = ToMillis(customer.last_active_day());
      if (search.Matches(batch[i], &last_active_ms) == Match::kYes) search.Add(ids[i]);
    }
  }
  return absl::OkStatus();
}

// Goes through all customers; partition by partition where records have to be read, so that few rows are kept until
// then.
absl::Status Run(Directory& directory, Reader& reader, absl::string_view tenant, Search& search) {
  if (!search.AsksForActivity()) {
    return directory.ForEach(tenant, [&](const CustomerRow& row) {
      if (search.Matches(row, nullptr) == Match::kYes) search.Add(row.customer_id());
    });
  }
  for (uint32_t partition = 0; partition < reader.store().partition_count(); ++partition) {
    std::vector<CustomerRow> open;
    absl::Status status = directory.ForEachInPartition(tenant, partition, [&](const CustomerRow& row) {
      const Match match = search.Matches(row, nullptr);
      if (match == Match::kYes) search.Add(row.customer_id());
      if (match == Match::kUnknown) open.push_back(row);
    });
    if (status.ok()) status = AddByActivity(reader, tenant, open, search);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Shows as many of the customers as the page holds; the last shown is what the next page begins behind.
absl::Status ShowPage(Reader& reader, absl::string_view tenant, std::vector<std::string> ids, size_t page_size,
                      v1::SearchCustomersResponse& response) {
  bool more = ids.size() > page_size;
  if (more) ids.resize(page_size);
  const auto records = reader.LoadRecords(tenant, ids);
  if (!records.ok()) return records.status();
  auto scores = LoadScores(reader, tenant, ids);
  if (!scores.ok()) return scores.status();
  size_t bytes = 0;
  std::string last;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (bytes >= kMostBytesPerPage) {
      more = true;
      break;
    }
    last = ids[i];
    // They can have been erased since they were found.
    if (IsEmpty((*records)[i]) || (*records)[i].erased()) continue;
    v1::FoundCustomer& found = *response.add_customers();
    *found.mutable_customer() = CustomerAsOf(ids[i], (*records)[i], reader.Now());
    if ((*scores)[i]) {
      *found.mutable_score() = std::move(*(*scores)[i]->mutable_score());
      found.mutable_score()->clear_reasons();
    }
    bytes += found.ByteSizeLong();
  }
  if (more) response.set_next_page_token(absl::WebSafeBase64Escape(last));
  return absl::OkStatus();
}

}  // namespace

absl::Status SearchCustomers(Directory& directory, Reader& reader, absl::string_view tenant,
                             const v1::SearchCustomersRequest& request, v1::SearchCustomersResponse& response) {
  auto filter = ParseSearchFilter(request.filter(), FilterScope::kSearch, "filter");
  if (!filter.ok()) return filter.status();
  std::string after;
  if (!absl::WebSafeBase64Unescape(request.page().page_token(), &after)) {
    return Invalid("page.page_token", Shown(request.page().page_token()),
                   "is no token of this list; leave it out for the first page");
  }
  const size_t page_size = PageSize(request.page());
  Search search(*std::move(filter), ToMillis(reader.Now()), std::move(after), page_size);
  if (search.AsksForScores()) {
    auto scores = LoadAllRanks(reader, tenant);
    if (!scores.ok()) return scores.status();
    search.SetScores(*std::move(scores));
  }
  absl::Status run = Run(directory, reader, tenant, search);
  if (!run.ok()) return run;
  response.set_total_count(search.total());
  return ShowPage(reader, tenant, search.TakeFirst(), page_size, response);
}

}  // namespace rapport::churn
