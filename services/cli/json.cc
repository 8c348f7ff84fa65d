#include "services/cli/json.h"

#include <google/protobuf/util/json_util.h>

namespace rapport::cli {
namespace {

std::string Print(const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = pretty;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : status.ToString();
}

}  // namespace

std::string JsonLine(const google::protobuf::Message& message) {
  return Print(message, /*pretty=*/false);
}

std::string JsonText(const google::protobuf::Message& message) {
  return Print(message, /*pretty=*/true);
}

}  // namespace rapport::cli
