#ifndef RAPPORT_TESTS_SUPPORT_REDIS_SERVER_H_
#define RAPPORT_TESTS_SUPPORT_REDIS_SERVER_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace rapport::test_support {

// A redis-server of its own on a free loopback port, with its files in a temporary folder. It ends with the object, and
// with the thread that started it. Ends the program when the server does not start.
class RedisServer {
 public:
  // With the settings that the store asks for, after which `settings`, such as {"--maxmemory", "10mb"}, count.
  explicit RedisServer(std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  int port() const { return port_; }
  std::string url() const;
  const std::string& folder() const { return dir_.path(); }  // of its files

  void Kill();   // SIGKILL
  void Stop();   // SIGTERM
  void Start();  // again, on the same port and files; returns when it answers
  void Pause();  // SIGSTOP
  void Resume();

  // What commands log in with from now on.
  void SetPassword(std::string password) { password_ = std::move(password); }
  // The answer as text, elements of arrays one a line; errors begin with "ERROR ".
  std::string Command(const std::vector<std::string>& arguments) const;

 private:
  void Spawn();
  bool AwaitAnswer();
  void End(int signal);

  const std::vector<std::string> settings_;
  const TempDir dir_;
  std::string password_;
  int port_ = 0;
  pid_t pid_ = -1;
};

// A loopback port that nobody listens on, another with each call. Not thread-safe.
int FreePort();

}  // namespace rapport::test_support

#endif  // RAPPORT_TESTS_SUPPORT_REDIS_SERVER_H_
