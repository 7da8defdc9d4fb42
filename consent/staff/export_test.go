package staff

// CommonList is the packed list of passwords, for its test.
var CommonList = commonList
