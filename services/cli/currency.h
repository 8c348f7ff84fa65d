#ifndef RAPPORT_SERVICES_CLI_CURRENCY_H_
#define RAPPORT_SERVICES_CLI_CURRENCY_H_

#include "absl/strings/string_view.h"

namespace rapport::cli {

// How many digits the amounts of a currency have after the point (ISO 4217): 2 of EUR, 0 of JPY.
int MinorDigits(absl::string_view currency);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_CURRENCY_H_
