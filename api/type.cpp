#include "api/type.h"

#include <algorithm>

namespace api {

const Operation* ServiceModel::find_operation(std::string_view operation) const {
  auto found = std::lower_bound(operations.begin(), operations.end(), operation,
                                [](const Operation& a, std::string_view b) { return a.name < b; });
  return found != operations.end() && found->name == operation ? &*found : nullptr;
}

const ErrorShape* ServiceModel::find_error(std::string_view code) const {
  auto found = std::find_if(errors.begin(), errors.end(), [&](const ErrorShape& e) { return e.name == code; });
  if (found == errors.end())
    found = std::find_if(errors.begin(), errors.end(), [&](const ErrorShape& e) { return e.query_code == code; });
  return found != errors.end() ? &*found : nullptr;
}

}  // namespace api
