#include "services/response_times/service/promise_reader.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "common/write/partition.h"
#include "services/response_times/core/promise.h"
#include "services/response_times/service/promise_recorder.h"

namespace rapport::response_times {
namespace {

using storage::v1::PromiseRecord;

constexpr size_t kIdsPerRead = 1000;

// The first `limit` of one partition that come after `after`.
absl::Status ListDueOf(Reader& reader, const store::Partition& partition, const Interval& due,
                       const std::optional<DuePromise>& after, size_t limit, std::vector<DuePromise>& list) {
  store::IndexRange range;
  range.partition = partition;
  range.index = std::string(kPromiseIndex);
  range.from = ToMillis(due.start);
  range.to = ToMillis(due.end) - 1;
  if (after) range.from = std::max(range.from, after->due_ms);
  range.limit = static_cast<int32_t>(limit);
  for (size_t taken = 0; taken < limit;) {
    absl::StatusOr<store::IndexPage> page = reader.store().RangeIndex(range);
    if (!page.ok()) return page.status();
    for (store::RankedMember& member : page->members) {
      DuePromise promise{member.score, std::move(member.member)};
      if (taken == limit || (after && promise <= *after)) continue;
      list.push_back(std::move(promise));
      ++taken;
    }
    if (page->next_cursor.empty()) break;
    range.cursor = std::move(page->next_cursor);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PromiseRecord>> LoadRecords(Reader& reader, absl::string_view tenant,
                                                       const std::vector<std::string>& ids) {
  std::vector<store::LoadRequest> requests;
  for (const std::string& id : ids) {
    const uint32_t partition = write::PartitionOf(id, reader.store().partition_count());
    requests.push_back({{std::string(tenant), partition}, {PromiseKey(id)}});
  }
  if (requests.empty()) return std::vector<PromiseRecord>();
  const auto loaded = reader.store().Load(requests);
  if (!loaded.ok()) return loaded.status();
  std::vector<PromiseRecord> records;
  for (size_t i = 0; i < ids.size(); ++i) {
    auto record = UnpackPromise(ids[i], (*loaded)[i].entities.front().value);
    if (!record.ok()) return record.status();
    records.push_back(*std::move(record));
  }
  return records;
}

// Records of both kinds behind some ids.
class Loaded {
 public:
  static absl::StatusOr<Loaded> Load(Reader& reader, absl::string_view tenant, const std::vector<std::string>& ids) {
    Loaded result;
    std::vector<std::string> conversations;
    std::vector<std::string> promises;
    for (const std::string& id : ids) {
      const std::optional<absl::string_view> conversation = ConversationOf(id);
      if (!conversation) {
        promises.push_back(id);
      } else if (result.conversations_.try_emplace(*conversation).second) {
        conversations.emplace_back(*conversation);
      }
    }
    if (!conversations.empty()) {
      auto records = reader.LoadConversations(tenant, conversations);
      if (!records.ok()) return records.status();
      for (size_t i = 0; i < conversations.size(); ++i) {
        result.conversations_[conversations[i]] = std::move(*(*records)[i].mutable_counted());
      }
    }
    auto records = LoadRecords(reader, tenant, promises);
    if (!records.ok()) return records.status();
    for (size_t i = 0; i < promises.size(); ++i) result.promises_[promises[i]] = std::move((*records)[i]);
    return result;
  }

  // Calls one of the two with the promise of this id, if there is one.
  template <typename OnTarget, typename OnPerson>
  void Visit(const std::string& id, const OnTarget& on_target, const OnPerson& on_person) const {
    if (const std::optional<absl::string_view> conversation = ConversationOf(id)) {
      const storage::v1::Analysis& analysis = conversations_.at(*conversation);
      const storage::v1::TargetPromise* promise = FindPromise(id, analysis);
      if (promise != nullptr) on_target(*conversation, analysis, *promise);
    } else if (const PromiseRecord& record = promises_.at(id); record.has_promise()) {
      on_person(record);
    }
  }

 private:
  absl::flat_hash_map<std::string, storage::v1::Analysis> conversations_;
  absl::flat_hash_map<std::string, PromiseRecord> promises_;
};

}  // namespace

absl::StatusOr<std::vector<DuePromise>> ListDue(Reader& reader, absl::string_view tenant, const Interval& due,
                                                const std::optional<DuePromise>& after, size_t limit) {
  std::vector<DuePromise> list;
  if (due.start >= due.end) return list;
  for (uint32_t p = 0; p < reader.store().partition_count(); ++p) {
    const absl::Status read = ListDueOf(reader, {std::string(tenant), p}, due, after, limit, list);
    if (!read.ok()) return read;
  }
  std::sort(list.begin(), list.end());
  if (list.size() > limit) list.resize(limit);
  return list;
}

absl::StatusOr<std::vector<std::optional<v1::Promise>>> LoadPromises(Reader& reader, absl::string_view tenant,
                                                                     const std::vector<std::string>& ids) {
  const absl::StatusOr<Loaded> loaded = Loaded::Load(reader, tenant, ids);
  if (!loaded.ok()) return loaded.status();
  const int64_t now_ms = ToMillis(reader.Now());
  std::vector<std::optional<v1::Promise>> promises(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    loaded->Visit(
        ids[i],
        [&](absl::string_view conversation_id, const storage::v1::Analysis& analysis,
            const storage::v1::TargetPromise& promise) {
          promises[i] = Present(conversation_id, analysis.customer_id(), promise, now_ms);
        },
        [&](const PromiseRecord& record) { promises[i] = Present(ids[i], record, now_ms); });
  }
  return promises;
}

absl::StatusOr<std::vector<CountedPromise>> LoadCounted(Reader& reader, absl::string_view tenant, const Interval& due) {
  std::vector<CountedPromise> counted;
  std::optional<DuePromise> after;
  for (bool more = true; more;) {
    const auto list = ListDue(reader, tenant, due, after, kIdsPerRead);
    if (!list.ok()) return list.status();
    more = list->size() == kIdsPerRead;
    if (list->empty()) break;
    after = list->back();
    std::vector<std::string> ids;
    for (const DuePromise& each : *list) ids.push_back(each.id);
    const absl::StatusOr<Loaded> loaded = Loaded::Load(reader, tenant, ids);
    if (!loaded.ok()) return loaded.status();
    for (const std::string& id : ids) {
      loaded->Visit(
          id,
          [&](absl::string_view conversation_id, const storage::v1::Analysis& analysis,
              const storage::v1::TargetPromise& promise) {
            counted.push_back(CountedOf(conversation_id, analysis.customer_id(), promise));
          },
          [&](const PromiseRecord& record) { counted.push_back(*CountedOf(id, record)); });
    }
  }
  return counted;
}

absl::StatusOr<std::vector<std::string>> PromisesOfCustomer(Reader& reader, absl::string_view tenant,
                                                            absl::string_view customer_id) {
  std::vector<std::string> ids;
  const absl::Status read = reader.ForEach<DecodeCustomerPromise>(
      tenant, {CustomerPromiseTable(customer_id)}, [&](const CustomerPromise& promise, int64_t) {
        if (promise.customer_id == customer_id && !promise.promise_id.empty()) ids.emplace_back(promise.promise_id);
      });
  if (!read.ok()) return read;
  return ids;
}

}  // namespace rapport::response_times
