// Colours and strokes of the figure, light and dark, from a palette that people with any colour vision can tell apart
// (Okabe and Ito); lines also differ in their dashes. Pure.
#pragma once

#include <string>

namespace report {

enum class Theme { light, dark };
/// Rules for the figure's classes. With literal colours: the PNG renderer knows no CSS variables.
std::string figure_css(Theme theme);
/// Rules for the page around it.
std::string page_css();

}  // namespace report
