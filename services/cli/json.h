#ifndef RAPPORT_SERVICES_CLI_JSON_H_
#define RAPPORT_SERVICES_CLI_JSON_H_

#include <google/protobuf/message.h>

#include <string>

namespace rapport::cli {

// The protobuf mapping to JSON with the field names of the protos. Fields with their default value are left out; 64-bit
// numbers are strings.
std::string JsonLine(const google::protobuf::Message& message);
// The same over several lines, for files that people edit.
std::string JsonText(const google::protobuf::Message& message);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_JSON_H_
