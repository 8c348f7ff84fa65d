#include "services/response_times/service/erasure.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "absl/synchronization/notification.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/service/promise_reader.h"

namespace rapport::response_times {
namespace {

constexpr size_t kErasuresPerRound = 1000;
constexpr int kMostIdleRounds = 3;

using Ids = std::vector<std::string>;
using Counted = absl::StatusOr<int64_t>;

absl::StatusOr<Ids> ConversationsOfCustomer(Reader& reader, absl::string_view tenant, const std::string& customer_id) {
  Ids ids;
  const absl::Status read =
      reader.ForEach<DecodeCustomer>(tenant, {CustomerTable(customer_id)}, [&](const CustomerFact& fact, int64_t) {
        if (fact.item == CustomerItem::kNamedIn && fact.customer_id == customer_id) {
          ids.emplace_back(fact.conversation_id);
        }
      });
  if (!read.ok()) return read;
  return ids;
}

// Erases what `find` finds, round by round, until it finds nothing: events can come in meanwhile.
Counted EraseUntilNoneIsLeft(const std::function<absl::StatusOr<Ids>()>& find,
                             const std::function<void(const Ids&, std::function<void(Counted)>)>& erase) {
  int64_t total = 0;
  for (int idle_rounds = 0; idle_rounds < kMostIdleRounds;) {
    absl::StatusOr<Ids> ids = find();
    if (!ids.ok()) return ids.status();
    if (ids->empty()) return total;
    if (ids->size() > kErasuresPerRound) ids->resize(kErasuresPerRound);
    absl::Notification finished;
    Counted erased = 0;
    erase(*ids, [&](Counted result) {
      erased = std::move(result);
      finished.Notify();
    });
    finished.WaitForNotification();
    if (!erased.ok()) return erased.status();
    total += *erased;
    if (*erased == 0) ++idle_rounds;
  }
  return absl::UnavailableError("others are changing the customer's conversations at this moment; repeat the call");
}

}  // namespace

Counted EraseEverywhere(Recorder& recorder, PromiseRecorder& promises, IssueRecorder& issues, Reader& reader,
                        absl::string_view tenant, const std::string& customer_id) {
  Reader lasting = reader.Lasting();
  // Issues first: whom they concern is known from the conversations.
  Counted from_issues = issues.Erase(tenant, customer_id);
  if (!from_issues.ok()) return from_issues;
  Counted from_promises = EraseUntilNoneIsLeft([&] { return PromisesOfCustomer(lasting, tenant, customer_id); },
                                               [&](const Ids& ids, const std::function<void(Counted)>& done) {
                                                 promises.Erase(tenant, customer_id, ids, done);
                                               });
  if (!from_promises.ok()) return from_promises;
  Counted from_conversations =
      EraseUntilNoneIsLeft([&] { return ConversationsOfCustomer(lasting, tenant, customer_id); },
                           [&](const Ids& ids, const std::function<void(Counted)>& done) {
                             recorder.Erase(tenant, customer_id, ids, done);
                           });
  if (!from_conversations.ok()) return from_conversations;
  return *from_issues + *from_promises + *from_conversations;
}

}  // namespace rapport::response_times
