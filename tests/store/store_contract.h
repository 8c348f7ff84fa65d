#ifndef RAPPORT_TESTS_STORE_STORE_CONTRACT_H_
#define RAPPORT_TESTS_STORE_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

// What every engine must do, as tests that are instantiated for each.
namespace rapport::store {

// An empty place for one store at a time, on some engine.
class StoreEnvironment {
 public:
  virtual ~StoreEnvironment() = default;

  virtual std::string url() const = 0;
  // Lets the clock that decides on expiry go on.
  virtual void Pass(absl::Duration duration) = 0;
  virtual absl::Time Now() const = 0;
};

class StoreContract : public testing::TestWithParam<std::unique_ptr<StoreEnvironment> (*)()> {
 protected:
  StoreContract();

  StoreOptions Options() const;
  void Close() { store_.reset(); }
  // Closes the store and opens it again.
  void Reopen();
  void Reopen(const StoreOptions& options);

  Store& store() { return *store_; }
  StoreEnvironment& environment() { return *environment_; }

  absl::Status Commit(const Mutation& mutation);
  Loaded Load(const Partition& partition, const std::vector<Key>& keys);
  Entity LoadOne(const Partition& partition, const Key& key) { return Load(partition, {key}).entities.at(0); }
  CounterLog ReadTable(const Partition& partition, const std::string& table);
  StreamPage ReadStream(const StreamRange& range);

 private:
  const std::unique_ptr<StoreEnvironment> environment_;
  std::unique_ptr<Store> store_;
};

}  // namespace rapport::store

#endif  // RAPPORT_TESTS_STORE_STORE_CONTRACT_H_
