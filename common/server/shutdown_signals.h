#ifndef RAPPORT_COMMON_SERVER_SHUTDOWN_SIGNALS_H_
#define RAPPORT_COMMON_SERVER_SHUTDOWN_SIGNALS_H_

namespace rapport::server {

// Keeps SIGTERM and SIGINT from ending the process by themselves: they wait for a ShutdownSignals. Holds for the
// calling thread and for those that it starts afterwards.
void BlockShutdownSignals();

// Waits for a request to end. One at a time in a process hears the signals.
class ShutdownSignals {
 public:
  ShutdownSignals();
  ~ShutdownSignals();
  ShutdownSignals(const ShutdownSignals&) = delete;
  ShutdownSignals& operator=(const ShutdownSignals&) = delete;

  // Returns after SIGTERM, SIGINT or Request. From then on a signal ends the process at once.
  void Wait();
  // From any thread.
  void Request();

 private:
  int requests_;  // an eventfd
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_SHUTDOWN_SIGNALS_H_
