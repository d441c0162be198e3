# The rules of the language alone: they come with tflint, so that nothing else is downloaded.
plugin "terraform" {
  enabled = true
  preset  = "recommended"
}
