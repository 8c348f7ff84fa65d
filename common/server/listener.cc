#include "common/server/listener.h"

#include <linux/tcp.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/metrics/runtime_metrics.h"
#include "common/server/address.h"
#include "common/server/memory.h"

namespace rapport::server {
namespace {

constexpr absl::Duration kPauseWithoutDescriptors = absl::Milliseconds(100);
constexpr absl::Duration kCountAtMostEvery = absl::Milliseconds(100);
constexpr absl::Duration kLookAtMemoryEvery = absl::Milliseconds(100);
constexpr absl::Duration kLookAtMemoryInVainEvery = absl::Seconds(5);  // giving memory back takes time
constexpr double kFullShare = 0.85;                                    // of the memory limit
// Bytes received for each one sent, and the least that matter: a stream of the largest batches gets a byte of
// acknowledgement for fifty.
constexpr double kOnlySends = 250;
constexpr double kWorthCutting = 256 << 10;
// A peer that acknowledges nothing, or takes nothing in, for that long is gone.
constexpr absl::Duration kSilentPeer = absl::Seconds(20);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status Fault(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

void Set(const Descriptor& socket, int level, int option, int value) {
  setsockopt(socket.get(), level, option, &value, sizeof(value));
}

int PortOf(const Descriptor& socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// The options are those of the connections too, which inherit them.
absl::StatusOr<Descriptor> ListenOn(const addrinfo& at) {
  Descriptor listening(socket(at.ai_family, at.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at.ai_protocol));
  if (listening.get() < 0) return Fault("no socket");
  Set(listening, SOL_SOCKET, SO_REUSEADDR, 1);
  Set(listening, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(listening, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(absl::ToInt64Milliseconds(kSilentPeer)));
  if (bind(listening.get(), at.ai_addr, at.ai_addrlen) != 0) return Fault("cannot bind");
  if (listen(listening.get(), SOMAXCONN) != 0) return Fault("cannot listen");
  return listening;
}

absl::StatusOr<std::vector<Descriptor>> ListenOnAll(const Address& address) {
  int port = address.port;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), absl::StrCat(port).c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  std::vector<Descriptor> sockets;
  absl::Status fault;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    // The port that the first got, where any free one was asked for. IPv4 and IPv6 have it in the same place.
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    reinterpret_cast<sockaddr_in*>(at->ai_addr)->sin_port = htons(static_cast<uint16_t>(port));
    absl::StatusOr<Descriptor> listening = ListenOn(*at);
    fault.Update(listening.status());
    if (!listening.ok()) continue;
    port = PortOf(*listening);
    sockets.push_back(*std::move(listening));
  }
  if (sockets.empty()) return fault;
  return sockets;
}

// Of the descriptors that the process may have, after asking for all that it can get.
size_t DescriptorsForConnections() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return SIZE_MAX;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur - limit.rlim_cur / 4;
}

struct Traffic {
  int fd = -1;
  double received = 0;
  double sent = 0;

  double Ratio() const { return received / (sent + 1); }
};

Traffic TrafficOf(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  return {fd, static_cast<double>(info.tcpi_bytes_received), static_cast<double>(info.tcpi_bytes_acked)};
}

// Ends the connection for both sides and forgets what it has received and nobody has read, which a shutdown does not.
void Disconnect(int fd) {
  const sockaddr nobody = {.sa_family = AF_UNSPEC, .sa_data = {}};
  (void)connect(fd, &nobody, sizeof(nobody));  // it may have ended by itself
}

// Sockets that others own and close without a word.
class OpenSockets {
 public:
  void Add(int fd) {
    if (const std::optional<ino_t> inode = InodeOf(fd)) inodes_[fd] = *inode;
  }
  size_t Count() {
    absl::erase_if(inodes_, [](const auto& each) { return InodeOf(each.first) != each.second; });
    return inodes_.size();
  }
  // At most this many are open.
  size_t bound() const { return inodes_.size(); }
  // Those that send much and get next to nothing, the worst first.
  std::vector<Traffic> OnlySending() {
    Count();
    std::vector<Traffic> found;
    for (const auto& [fd, inode] : inodes_) {
      const Traffic traffic = TrafficOf(fd);
      if (traffic.received >= kWorthCutting && traffic.Ratio() >= kOnlySends) found.push_back(traffic);
    }
    std::sort(found.begin(), found.end(), [](const Traffic& a, const Traffic& b) { return a.Ratio() > b.Ratio(); });
    return found;
  }

 private:
  // A descriptor that was used again stands for something else by then.
  static std::optional<ino_t> InodeOf(int fd) {
    struct stat info = {};
    if (fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode)) return std::nullopt;
    return info.st_ino;
  }

  absl::flat_hash_map<int, ino_t> inodes_;
};

}  // namespace

class Listener::Impl {
 public:
  Impl(std::vector<Descriptor> sockets, const Options& options, Logger& log, metrics::Registry& registry)
      : sockets_(std::move(sockets)),
        max_connections_(std::min(static_cast<size_t>(options.max_connections), DescriptorsForConnections())),
        full_at_(static_cast<int64_t>(
            kFullShare * static_cast<double>(options.memory_limit > 0 ? options.memory_limit : AvailableBytes()))),
        log_(log),
        refused_(registry.GetCounter(metrics::kConnectionsRefused)),
        cut_(registry.GetCounter(metrics::kConnectionsCut)),
        hook_(registry.OnCollect([this, &open = registry.GetGauge(metrics::kConnections)] {
          absl::MutexLock lock(&mutex_);
          open.Set(static_cast<double>(open_.Count()));
        })) {}

  ~Impl() { Close(); }

  void Start(std::function<void(int)> take) {
    take_ = std::move(take);
    thread_ = std::thread([this] { Accept(); });
  }

  void Close() {
    eventfd_write(wake_.get(), 1);
    if (thread_.joinable()) thread_.join();
    sockets_.clear();
  }

  int port() const { return port_; }

 private:
  void Accept() {
    std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
    for (const Descriptor& socket : sockets_) polled.push_back({socket.get(), POLLIN, 0});
    for (;;) {
      poll(polled.data(), polled.size(), static_cast<int>(absl::ToInt64Milliseconds(kLookAtMemoryEvery)));
      KeepMemory();
      if (polled.front().revents != 0) return;
      for (size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0 && !AcceptFrom(polled[i].fd)) Pause();
      }
    }
  }

  // False when there are no descriptors.
  bool AcceptFrom(int listening) {
    const int fd = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return true;
      log_.Error("connections wait for file descriptors: raise the limit of open files, or lower --max-connections",
                 {{"detail", std::strerror(errno)}});
      return false;
    }
    if (HasRoomFor(fd)) {
      take_(fd);
    } else {
      close(fd);
      refused_.Increment();
      log_.Warning(
          "a connection was refused: there are as many as --max-connections, or the limit of open files, allows",
          {{"limit", static_cast<int64_t>(max_connections_)}});
    }
    return true;
  }

  void KeepMemory() {
    if (absl::Now() < next_look_) return;
    next_look_ = absl::Now() + kLookAtMemoryEvery;
    if (ResidentBytes() < full_at_) return;
    // What was let go counts as held until it is given back.
    malloc_trim(0);
    if (ResidentBytes() >= full_at_) CutThoseWhoOnlySend();
  }

  // A quarter of them, at least one: the others have until the next look.
  void CutThoseWhoOnlySend() {
    absl::MutexLock lock(&mutex_);
    std::vector<Traffic> found = open_.OnlySending();
    found.resize((found.size() + 3) / 4);
    for (const Traffic& traffic : found) {
      Disconnect(traffic.fd);
      cut_.Increment();
    }
    if (found.empty()) {
      next_look_ = absl::Now() + kLookAtMemoryInVainEvery;
      log_.Warning(
          "memory is nearly full, and no connection is at fault: raise --memory-limit or the container's limit");
    } else {
      log_.Warning("memory is nearly full: connections that only send were cut",
                   {{"connections", static_cast<int64_t>(found.size())}});
    }
  }

  bool HasRoomFor(int fd) {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = absl::Now();
    if (open_.bound() >= max_connections_ && now - counted_at_ >= kCountAtMostEvery) {
      open_.Count();
      counted_at_ = now;
    }
    if (open_.bound() >= max_connections_) return false;
    open_.Add(fd);
    return true;
  }

  void Pause() const {
    pollfd wake = {wake_.get(), POLLIN, 0};
    poll(&wake, 1, static_cast<int>(absl::ToInt64Milliseconds(kPauseWithoutDescriptors)));
  }

  std::vector<Descriptor> sockets_;
  const int port_ = PortOf(sockets_.front());
  const Descriptor wake_{eventfd(0, EFD_CLOEXEC)};
  const size_t max_connections_;
  const int64_t full_at_;
  Logger& log_;
  metrics::Counter& refused_;
  metrics::Counter& cut_;
  std::function<void(int)> take_;
  absl::Time next_look_ = absl::InfinitePast();  // of the thread
  std::thread thread_;

  absl::Mutex mutex_;
  OpenSockets open_ ABSL_GUARDED_BY(mutex_);
  absl::Time counted_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  metrics::CollectHook hook_;
};

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const Options& options, Logger& log,
                                                         metrics::Registry& registry) {
  const std::optional<Address> parsed = ParseAddress(options.address);
  if (!parsed.has_value()) return absl::UnavailableError("it is not HOST:PORT");
  absl::StatusOr<std::vector<Descriptor>> sockets = ListenOnAll(*parsed);
  if (!sockets.ok()) return sockets.status();
  return std::unique_ptr<Listener>(new Listener(std::make_unique<Impl>(*std::move(sockets), options, log, registry)));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

int Listener::port() const {
  return impl_->port();
}
void Listener::Start(std::function<void(int)> take) {
  impl_->Start(std::move(take));
}
void Listener::Close() {
  impl_->Close();
}

}  // namespace rapport::server
