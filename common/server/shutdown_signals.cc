#include "common/server/shutdown_signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace rapport::server {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockShutdownSignals() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

ShutdownSignals::ShutdownSignals() : requests_(eventfd(0, EFD_CLOEXEC)) {}

ShutdownSignals::~ShutdownSignals() {
  close(requests_);
}

void ShutdownSignals::Wait() {
  BlockShutdownSignals();
  const sigset_t signals = Signals();
  const int received = signalfd(-1, &signals, SFD_CLOEXEC);
  pollfd waited[] = {{.fd = received, .events = POLLIN, .revents = 0},
                     {.fd = requests_, .events = POLLIN, .revents = 0}};
  while (poll(waited, 2, -1) < 0 && errno == EINTR) {
  }
  if ((waited[0].revents & POLLIN) != 0) {
    // Takes the signal, which would otherwise strike when it is unblocked.
    signalfd_siginfo info = {};
    if (read(received, &info, sizeof(info)) < 0) _exit(1);
  }
  close(received);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void ShutdownSignals::Request() {
  eventfd_write(requests_, 1);
}

}  // namespace rapport::server
