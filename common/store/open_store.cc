#include "common/store/open_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/store/redis_store.h"
#include "common/store/redis_url.h"
#include "common/store/rocksdb_store.h"

namespace rapport::store {
namespace {

absl::Status CheckOptions(const StoreOptions& options) {
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (options.service.empty() || !std::all_of(options.service.begin(), options.service.end(), is_name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("service is '", options.service, "': use letters a to z and underscores"));
  }
  if (options.partitions < 1 || options.partitions > 1024) {
    return absl::InvalidArgumentError(
        absl::StrCat("the number of partitions is ", options.partitions, ": give 1 to 1024"));
  }
  if (options.stream_retention < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream retention is ", options.stream_retention, " commits: give at least 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  absl::string_view rest = options.url;
  if (absl::ConsumePrefix(&rest, "rocksdb:") && !rest.empty()) return OpenRocksDbStore(std::string(rest), options);
  if (IsRedisUrl(options.url)) return OpenRedisStore(options);
  if (absl::StartsWith(options.url, "rediss://")) {
    return absl::InvalidArgumentError(
        "the store URL asks for TLS (rediss://), which this build does not speak: run a TLS sidecar such as stunnel, "
        "HAProxy or Envoy beside the service and give its local address as redis://127.0.0.1:PORT");
  }
  // The URL may hold a password, so only its scheme is repeated.
  const absl::string_view scheme = absl::string_view(options.url).substr(0, options.url.find(':'));
  return absl::InvalidArgumentError(
      absl::StrCat("the store URL begins with '", scheme.substr(0, 16), "': give rocksdb:PATH or ", kRedisUrlForms));
}

}  // namespace rapport::store
