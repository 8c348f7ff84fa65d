#ifndef RAPPORT_TESTS_CHURN_FEATURES_PEER_PROCESS_H_
#define RAPPORT_TESTS_CHURN_FEATURES_PEER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "tests/support/temp_dir.h"

namespace rapport::churn {

// A ratings service in a process of its own, on an embedded store. It ends with the object, and with the thread that
// started it. Ends the program when the service does not start.
class RatingsProcess {
 public:
  RatingsProcess();
  ~RatingsProcess();
  RatingsProcess(const RatingsProcess&) = delete;
  RatingsProcess& operator=(const RatingsProcess&) = delete;

  std::string address() const;
  ratings::v1::RatingsService::Stub& stub() { return *stub_; }

  void Kill();    // SIGKILL
  void Stop();    // SIGTERM
  void Freeze();  // SIGSTOP
  void Thaw();    // SIGCONT
  void Start();   // again, on the same port and files; returns when it answers

 private:
  void Spawn() const;
  bool AwaitAnswer();
  void End(int signal);

  const test_support::TempDir dir_;
  int port_ = 0;
  mutable pid_t pid_ = -1;
  std::unique_ptr<ratings::v1::RatingsService::Stub> stub_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_FEATURES_PEER_PROCESS_H_
