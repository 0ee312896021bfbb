module toolbox

go 1.26.0
