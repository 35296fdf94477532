// API structs as JSON text, for the records that keep what a client gave so that it can be echoed to the letter.
// Called by services; state stores the text. Not the wire: no protocol's renamings apply, and reading is forgiving.
#pragma once

#include <string>
#include <string_view>

#include "api/type.h"

namespace api {

std::string to_document(const Type& type, const void* structure);
/// Members that the text lacks, or holds in another type, stay absent.
void from_document(const Type& type, std::string_view text, void* structure);

template <class T>
std::string to_document(const T& structure) {
  return to_document(descriptor(&structure), &structure);
}
template <class T>
T from_document(std::string_view text) {
  T structure;
  if (!text.empty()) from_document(descriptor(&structure), text, &structure);
  return structure;
}

}  // namespace api
