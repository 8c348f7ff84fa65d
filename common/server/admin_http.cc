#include "common/server/admin_http.h"

#include <CivetServer.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/server/address.h"

namespace rapport::server {
namespace {

// A connection that says nothing holds a thread until the time is over.
constexpr const char* kThreads = "32";
constexpr const char* kTimeoutMs = "5000";

class Handler final : public CivetHandler {
 public:
  explicit Handler(AdminHttp::Route route) : route_(std::move(route)) {}

  bool handleGet(CivetServer* /*server*/, mg_connection* connection) override {
    Answer(connection, route_.command ? AdminHttp::Page{405, "send POST\n"} : route_.render());
    return true;
  }

  bool handlePost(CivetServer* /*server*/, mg_connection* connection) override {
    if (!route_.command) {
      Answer(connection, {405, "send GET\n"});
    } else if (!IsFromHere(connection)) {
      Answer(connection, {403, "only programs on the server's machine may ask for this: run curl there\n"});
    } else {
      Answer(connection, route_.render());
    }
    return true;
  }

  const std::string& path() const { return route_.path; }

 private:
  // A browser tells the origin of a page that sends POST: no page of another site may command the server.
  static bool IsFromHere(const mg_connection* connection) {
    const std::string caller = absl::StrCat("[", mg_get_request_info(connection)->remote_addr, "]:0");
    return IsLoopback(caller) && mg_get_header(connection, "Origin") == nullptr;
  }

  void Answer(mg_connection* connection, const AdminHttp::Page& page) const {
    mg_printf(connection, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
              page.code, mg_get_response_code_text(connection, page.code), route_.content_type.c_str(),
              page.text.size());
    mg_write(connection, page.text.data(), page.text.size());
  }

  const AdminHttp::Route route_;
};

}  // namespace

class AdminHttp::Impl {
 public:
  // Throws CivetException when the address cannot be had.
  Impl(absl::string_view address, std::vector<Route> routes)
      : server_({"listening_ports", std::string(address), "num_threads", kThreads, "request_timeout_ms", kTimeoutMs}) {
    for (Route& route : routes) {
      handlers_.push_back(std::make_unique<Handler>(std::move(route)));
      server_.addHandler(handlers_.back()->path() + "$", handlers_.back().get());
    }
    wake_.sin_family = AF_INET;
    wake_.sin_port = htons(static_cast<uint16_t>(port()));
    const std::optional<Address> own = ParseAddress(address);
    if (!own.has_value() || inet_pton(AF_INET, own->host.c_str(), &wake_.sin_addr) != 1) {
      wake_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
  }
  // The handlers must not go before the threads that call them.
  ~Impl() {
    std::atomic<bool> closed = false;
    std::thread waking([this, &closed] {
      while (!closed) WakeUp();
    });
    server_.close();
    closed = true;
    waking.join();
  }

  int port() {
    const std::vector<int> ports = server_.getListeningPorts();
    return ports.empty() ? 0 : ports.front();
  }

 private:
  // CivetWeb looks every two seconds whether it is to close, and whenever a client connects.
  void WakeUp() const {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    (void)connect(client, reinterpret_cast<const sockaddr*>(&wake_), sizeof(wake_));  // refused once it is closed
    ::close(client);
    absl::SleepFor(absl::Milliseconds(5));
  }

  std::vector<std::unique_ptr<Handler>> handlers_;
  CivetServer server_;
  sockaddr_in wake_ = {};
};

absl::StatusOr<std::unique_ptr<AdminHttp>> AdminHttp::Start(absl::string_view address, std::vector<Route> routes) {
  try {
    return std::unique_ptr<AdminHttp>(new AdminHttp(std::make_unique<Impl>(address, std::move(routes))));
  } catch (const CivetException& exception) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on --metrics-listen=", address, ": give another address, or stop what uses it"));
  }
}

AdminHttp::AdminHttp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminHttp::~AdminHttp() = default;

int AdminHttp::port() const {
  return impl_->port();
}

}  // namespace rapport::server
