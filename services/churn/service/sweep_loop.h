#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_LOOP_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_LOOP_H_

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/service/tenants.h"
#include "services/churn/service/sweep.h"

namespace rapport::churn {

// Sweeps all tenants when it is due, on a thread of its own.
class SweepLoop {
 public:
  // Told what went wrong with a tenant, which is tried again. Called from the thread.
  using OnError = std::function<void(absl::string_view tenant, const absl::Status& status)>;

  // All must outlive this. Looks every `pause` whether something is due.
  SweepLoop(Sweep& sweep, service::Tenants& tenants, OnError on_error, absl::Duration pause = absl::Seconds(5));
  // Stops.
  ~SweepLoop();
  SweepLoop(const SweepLoop&) = delete;
  SweepLoop& operator=(const SweepLoop&) = delete;

  void Start();
  // Returns when the chunk under way is done. Another process, or this one when it starts again, goes on from there.
  void Stop();

 private:
  void Run();
  void RunOnce();
  bool stopped() const;

  Sweep& sweep_;
  service::Tenants& tenants_;
  const OnError on_error_;
  const absl::Duration pause_;
  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SWEEP_LOOP_H_
