#include "services/cli/interrupt.h"

#include <pthread.h>

#include <ctime>
#include <utility>

namespace rapport::cli {

InterruptHandler::InterruptHandler(std::function<void()> on_interrupt) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &previous_);
  thread_ = std::thread([this, signals, on_interrupt = std::move(on_interrupt)] {
    // Wakes up now and then to see whether it is still needed.
    constexpr timespec kPause = {0, 100'000'000};
    while (!ending_ && !interrupted_) {
      if (sigtimedwait(&signals, nullptr, &kPause) < 0) continue;
      interrupted_ = true;
      on_interrupt();
    }
  });
}

InterruptHandler::~InterruptHandler() {
  ending_ = true;
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace rapport::cli
