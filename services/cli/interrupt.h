#ifndef RAPPORT_SERVICES_CLI_INTERRUPT_H_
#define RAPPORT_SERVICES_CLI_INTERRUPT_H_

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace rapport::cli {

// While it lives, SIGINT and SIGTERM call `on_interrupt` (in a thread of its own) instead of ending the process. To be
// made before any other thread: threads made later inherit the blocked signals.
class InterruptHandler {
 public:
  explicit InterruptHandler(std::function<void()> on_interrupt);
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  std::atomic<bool> interrupted_ = false;
  std::atomic<bool> ending_ = false;
  sigset_t previous_;
  std::thread thread_;
};

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_INTERRUPT_H_
