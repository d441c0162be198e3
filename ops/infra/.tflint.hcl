# The rules of the language, which come with tflint: nothing else is downloaded.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
