#ifndef RAPPORT_COMMON_SERVER_ADMIN_HTTP_H_
#define RAPPORT_COMMON_SERVER_ADMIN_HTTP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::server {

// A small HTTP server for probes, metrics and commands.
class AdminHttp {
 public:
  struct Page {
    int code = 200;
    std::string text;
  };
  struct Route {
    std::string path;
    std::string content_type;
    std::function<Page()> render;  // from any thread
    bool command = false;          // answers POST from this machine; the others answer GET from anywhere
  };

  // `address` is HOST:PORT; port 0 takes any free one. The error names the address and the remedy.
  static absl::StatusOr<std::unique_ptr<AdminHttp>> Start(absl::string_view address, std::vector<Route> routes);
  ~AdminHttp();
  AdminHttp(const AdminHttp&) = delete;
  AdminHttp& operator=(const AdminHttp&) = delete;

  int port() const;

 private:
  class Impl;
  explicit AdminHttp(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_ADMIN_HTTP_H_
