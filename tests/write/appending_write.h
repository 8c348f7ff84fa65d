#ifndef RAPPORT_TESTS_WRITE_APPENDING_WRITE_H_
#define RAPPORT_TESTS_WRITE_APPENDING_WRITE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/write/write_path.h"

namespace rapport::write {

inline constexpr char kEventsTable[] = "events";

// How events ended. Thread-safe.
class Endings {
 public:
  void Add(int event, const absl::Status& status);
  // Waits until this many endings were added.
  void Await(size_t count) const;

  // The one status of an event; a failure of the test when it ended more than once or not at all.
  absl::Status Of(int event) const;
  std::vector<int> order() const;  // of events that ended
  size_t count() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<int, std::vector<absl::Status>> by_event_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> order_ ABSL_GUARDED_BY(mutex_);
};

struct AppendingEvent {
  int number = 0;
  std::vector<std::string> ids;  // of the entities
  uint32_t partition = 0;
  std::string tenant = "tenant";
  int64_t bytes = 1;
  absl::Time deadline = absl::InfiniteFuture();
  absl::Status prepared = absl::OkStatus();
  absl::Status planned = absl::OkStatus();
  std::function<void()> on_finish = nullptr;
};

store::Partition PartitionAt(uint32_t index, const std::string& tenant = "tenant");
store::Key EntityKey(const std::string& id);

// An event that appends its number to entities, unless it is there, and counts itself once in the table of events under
// each id: what the store holds tells which events it took, how often and in which order.
std::unique_ptr<Write> MakeWrite(AppendingEvent event, Endings& endings);

// The numbers in an entity.
std::vector<int> NumbersIn(const std::string& value);

}  // namespace rapport::write

#endif  // RAPPORT_TESTS_WRITE_APPENDING_WRITE_H_
