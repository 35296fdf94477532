// Query and EC2 Query inputs: `Action=…&Filters.member.1.Name=…` (EC2: `Filter.1.Name=…`).
// Always: a list takes as many elements as there are distinct indexes, so `Foo.999999999` allocates one.
#pragma once

#include "api/type.h"
#include "base/result.h"
#include "wire/form.h"

namespace wire {

/// Fills the struct `out` of `type` from a sorted form. Unknown parameters are ignored, as AWS does. Error code
/// MalformedInput (EC2: InvalidParameterValue).
Result<void> decode_query(const api::Type& type, const Form& form, bool ec2, void* out);
/// The client's side: appends "&key=value" for each member that is set.
void encode_query(const api::Type& type, const void* value, bool ec2, std::string& out);

}  // namespace wire
