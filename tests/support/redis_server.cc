#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace rapport::test_support {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(60);
constexpr absl::Duration kPoll = absl::Milliseconds(5);
// Below the ports that the system gives to connections, so that none takes one before its server does.
constexpr int kFirstPort = 10'000;
constexpr int kEndOfPorts = 30'000;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

std::string Flatten(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return absl::StrCat(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ERROR:
      return absl::StrCat("ERROR ", reply.str);
    case REDIS_REPLY_ARRAY: {
      std::vector<std::string> elements;
      for (size_t i = 0; i < reply.elements; ++i) elements.push_back(Flatten(*reply.element[i]));
      return absl::StrJoin(elements, "\n");
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

bool IsFree(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool is_free = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return is_free;
}

}  // namespace

int FreePort() {
  static std::set<int>& given = *new std::set<int>;
  absl::BitGen random;
  for (int attempt = 0; attempt < kEndOfPorts - kFirstPort; ++attempt) {
    const int port = absl::Uniform(random, kFirstPort, kEndOfPorts);
    if (IsFree(port) && given.insert(port).second) return port;
  }
  std::perror("cannot find a free port");
  std::abort();
}

RedisServer::RedisServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  // Somebody else may take the port before the server does.
  for (int attempt = 0; attempt < 5; ++attempt) {
    port_ = FreePort();
    Spawn();
    if (AwaitAnswer()) return;
  }
  std::fprintf(stderr, "redis-server does not start; see its output above\n");
  std::abort();
}

RedisServer::~RedisServer() {
  Kill();
}

std::string RedisServer::url() const {
  return absl::StrCat("redis://127.0.0.1:", port_);
}

void RedisServer::Spawn() {
  // A file of its own, in which a Sentinel keeps what it finds out, and a server whom it follows.
  const std::string config = dir_.path() + "/redis.conf";
  close(open(config.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  std::vector<std::string> arguments = {RAPPORT_START_REDIS,
                                        dir_.path(),
                                        config,
                                        "--bind",
                                        "127.0.0.1",
                                        "--port",
                                        absl::StrCat(port_),
                                        "--save",
                                        "",
                                        "--appendonly",
                                        "yes",
                                        "--appendfsync",
                                        "always",
                                        "--aof-load-truncated",
                                        "no",
                                        "--maxmemory-policy",
                                        "noeviction",
                                        "--hash-max-listpack-entries",
                                        "128",
                                        "--hash-max-listpack-value",
                                        "1024",
                                        "--loglevel",
                                        "warning"};
  arguments.insert(arguments.end(), settings_.begin(), settings_.end());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const std::string log = dir_.path() + "/output";

  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  dup2(output, STDOUT_FILENO);
  execvp(pointers[0], pointers.data());
  _exit(127);
}

bool RedisServer::AwaitAnswer() {
  const absl::Time limit = absl::Now() + kStartLimit;
  while (absl::Now() < limit) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    // NOAUTH: it is there, under a password of the test's.
    const std::string answer = Command({"PING"});
    if (answer == "PONG" || answer.rfind("ERROR NOAUTH", 0) == 0) return true;
    absl::SleepFor(kPoll);
  }
  return false;
}

void RedisServer::Start() {
  Spawn();
  if (AwaitAnswer()) return;
  std::fprintf(stderr, "redis-server does not start again\n");
  std::abort();
}

void RedisServer::Kill() {
  End(SIGKILL);
}
void RedisServer::Stop() {
  End(SIGTERM);
}

void RedisServer::Pause() {
  if (pid_ > 0) kill(pid_, SIGSTOP);
}
void RedisServer::Resume() {
  if (pid_ > 0) kill(pid_, SIGCONT);
}

void RedisServer::End(int signal) {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string RedisServer::Command(const std::vector<std::string>& arguments) const {
  const std::unique_ptr<redisContext, FreeContext> context(redisConnect("127.0.0.1", port_));
  if (context == nullptr || context->err != 0) return "ERROR no connection";
  if (!password_.empty()) freeReplyObject(redisCommand(context.get(), "AUTH %s", password_.c_str()));
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& argument : arguments) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(context.get(), static_cast<int>(pointers.size()), pointers.data(), sizes.data()));
  if (reply == nullptr) return "ERROR no answer";
  std::string text = Flatten(*reply);
  freeReplyObject(reply);
  return text;
}

}  // namespace rapport::test_support
