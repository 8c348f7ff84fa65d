#include "services/churn/service/peer_tokens.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace rapport::churn {
namespace {

constexpr absl::Duration kLookEach = absl::Seconds(1);

using Tokens = absl::flat_hash_map<std::string, std::string>;

absl::StatusOr<Tokens> Parse(const std::string& file, const std::string& json) {
  google::protobuf::Struct object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &object);
  const auto fault = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("--peer-tokens file '", file, "': ", what,
                     "; write a JSON object such as {\"acme\": \"TOKEN\"}, tenant to token"));
  };
  if (!parsed.ok()) return fault("is no JSON object");
  Tokens tokens;
  for (const auto& [tenant, token] : object.fields()) {
    if (token.string_value().empty()) return fault(absl::StrCat("tenant '", tenant, "' has no token"));
    tokens[tenant] = token.string_value();
  }
  return tokens;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PeerTokens>> PeerTokens::Open(const std::string& file) {
  auto tokens = std::unique_ptr<PeerTokens>(new PeerTokens(file));
  absl::MutexLock lock(&tokens->mutex_);
  const absl::Status read = tokens->Read();
  if (!read.ok()) return read;
  return tokens;
}

absl::StatusOr<std::string> PeerTokens::Of(absl::string_view tenant) {
  absl::MutexLock lock(&mutex_);
  // What was read last serves on while the file is broken, such as in the middle of being written.
  if (absl::Now() - looked_at_ >= kLookEach) Read().IgnoreError();
  const auto found = tokens_.find(tenant);
  if (found != tokens_.end()) return found->second;
  return absl::NotFoundError(absl::StrCat("--peer-tokens file '", file_, "' has no token for tenant '", tenant,
                                          "'; add one with the role `read`"));
}

absl::Status PeerTokens::Read() {
  looked_at_ = absl::Now();
  std::ifstream stream(file_);
  if (!stream) {
    return absl::InvalidArgumentError(
        absl::StrCat("--peer-tokens file '", file_, "' cannot be read: check the path and its permissions"));
  }
  std::stringstream content;
  content << stream.rdbuf();
  if (content.str() == content_) return absl::OkStatus();
  absl::StatusOr<Tokens> tokens = Parse(file_, content.str());
  if (!tokens.ok()) return tokens.status();
  tokens_ = *std::move(tokens);
  content_ = content.str();
  return absl::OkStatus();
}

}  // namespace rapport::churn
